/* The tables of a report. */
#ifndef TOOLS_REPORT_PARTS_H
#define TOOLS_REPORT_PARTS_H

#include "view.h"

/* A row for each path, function or module of a session whose rows are sorted. */
void report_sites(const struct view *v, const struct session *s);

/* A row for each arena, and one for each region if there are any. */
void report_arenas(const struct view *v);

/* A row for each size class. */
void report_classes(const struct view *v);

/* Call sites by how long their freed objects lived; `s`: by path, sorted, then ordered. */
void report_lives_order(struct rows *rows);
void report_lives(const struct view *v, const struct session *s);

/* How many of the rows mix short and long lives. */
unsigned report_lives_mixed(const struct rows *rows);

#endif
