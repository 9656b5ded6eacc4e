/* The parts of a report, top to bottom. */
#ifndef TOOLS_REPORT_PARTS_H
#define TOOLS_REPORT_PARTS_H

#include "report.h"

struct view {
  const struct report_options *options;
  const struct dump *dump;
  FILE *to;
  unsigned width;       /* of the terminal, 0: none */
  const char *estimate; /* the mark of what sampling estimates: "~" or "" */
};

/* Program, mode, live and peak bytes. */
void report_head(const struct view *v);

/* A row for each path or module; by accounts. */
void report_sites(const struct view *v);

void report_arenas(const struct view *v);
void report_classes(const struct view *v);

/* Counts that make the figures doubtful, if any. */
void report_health(const struct view *v);

/* "  80 more rows: -n 0 shows all", if so many are not shown. */
void report_more(const struct view *v, size_t rows);

/* How many of so many rows are shown. */
size_t report_shown(const struct view *v, size_t rows);

#endif
