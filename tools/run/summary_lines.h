/* Call sites as lines of a summary: each says which function of the program's own asked for memory.
 *
 *   path    malloc'd by  std::string::_M_create < load_names < main
 *   line                 load_names app.cc:12 < main
 *
 * Paths that make the same line are one: what a library does with the memory inside a call is not
 * shown.
 */
#ifndef TOOLS_SUMMARY_LINES_H
#define TOOLS_SUMMARY_LINES_H

#include "session.h"

struct summary_line {
  char *text;
  struct row row; /* its key means nothing */
};

struct summary_lines {
  struct summary_line *items;
  size_t count;
};

/* A line for each text of the session's rows, in no order: those with one text are added up. */
struct summary_lines summary_lines_new(const struct session *s);
void summary_lines_free(struct summary_lines *l);

/* Largest first, by row_added. */
void summary_lines_sort(struct summary_lines *l, enum sort by);

#endif
