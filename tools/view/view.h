/* What all commands that show a dump as text have in common: its head, its length, its end. */
#ifndef TOOLS_VIEW_H
#define TOOLS_VIEW_H

#include "options.h"
#include "rows.h"

#include <stdio.h>

/* What was asked for. */
struct view_options {
  const char *file;
  const char *old;    /* the dump to compare with, for commands that do */
  unsigned long rows; /* 0: all */
  enum sort sort;
  double least; /* percent of the whole below which nothing is shown */
  struct option_names names;
};

/* A dump on its way to a stream. */
struct view {
  const struct view_options *options;
  const struct dump *dump;
  FILE *to;
  unsigned width;       /* of the terminal, 0: none */
  const char *estimate; /* the mark of what sampling estimates: "~" or "" */
};

struct view view_of(const struct view_options *o, const struct dump *d, FILE *to);

/* Program, mode, live and peak bytes. */
void view_head(const struct view *v);

/* The first line of it, after some words: program, pid, reason, time. */
void view_process(const struct view *v, const char *words);

/* Part of the head: why some paths don't begin at the program's start, nor have a function of the
 * program's own. */
struct names;
void view_cuts(const struct view *v, const struct names *names);

/* A cell of waste by call site: "-" when it is not known. */
struct table;
void view_waste(const struct view *v, struct table *t, uint64_t bytes);

/* Counts that make the figures doubtful, if any. */
void view_health(const struct view *v);

/* How many of so many rows are shown. */
size_t view_shown(const struct view *v, size_t rows);

/* "80 more rows: -n 0 shows all", if so many are not shown. */
void view_more(const struct view *v, size_t rows);

/* Health, and whether all could be written: the exit status of the command, `status` or 2. */
int view_end(const struct view *v, int status);

#endif
