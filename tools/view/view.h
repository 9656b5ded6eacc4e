/* What all commands that show a dump as text have in common: its head, its length, its end. */
#ifndef TOOLS_VIEW_H
#define TOOLS_VIEW_H

#include "inputs.h"
#include "options.h"
#include "session.h"
#include "table.h"

#include <limits.h>
#include <stdio.h>

#define ROWS_THAT_FIT ULONG_MAX

/* What was asked for. */
struct view_options {
  struct inputs files; /* as the user named them */
  struct inputs olds;  /* those to compare with, for commands that do */
  const char *file;    /* what messages call the first, and the others; NULL: there are none */
  const char *old;
  bool apart;         /* the command's own parser reads the names of files */
  unsigned long rows; /* of a table; 0: all; ROWS_THAT_FIT: on a terminal as many as it shows */
  bool all;           /* nothing is left out, summed up or cut off, on a terminal either */
  bool exact;         /* numbers have all their digits, on a terminal, too */
  enum row_by by;     /* what a row is, for commands whose rows are call sites */
  enum sort sort;
  bool mapped;  /* about what the program mapped itself, not what malloc served */
  double least; /* percent of the whole below which nothing is shown */
  struct option_names names;
};

/* How much stands around the rows: less where a window is too low for all of it. */
enum view_detail { DETAIL_ALL, DETAIL_SOME, DETAIL_ROWS };

/* A dump on its way to a stream. */
struct view {
  const struct view_options *options;
  const struct dump *dump;
  FILE *to;
  unsigned width;  /* of the terminal, 0: none */
  unsigned height; /* lines that it may fill, 0: any number */
  bool exact;      /* numbers have all their digits */
  bool is_short;   /* on a terminal, without --all: what hardly matters is left out */
  size_t limit;    /* rows of each table; 0: all */
  enum view_detail detail;
  const char *estimate; /* the mark of what sampling estimates: "~" or "" */
};

/* How a dump is shown with these options on that stream: all it can, if it is no terminal. */
struct view view_of(const struct view_options *o, const struct dump *d, FILE *to);

/* Program, mode, live and peak bytes. */
void view_head(const struct view *v);

/* The first line of it, after some words: program, pid, reason, time. */
void view_process(const struct view *v, const char *words);

/* Part of the head: why some paths don't begin at the program's start, nor have a function of the
 * program's own. */
void view_cuts(const struct view *v, const struct names *names);

/* A cell of waste by call site: "-" when it is not known. */
void view_waste(const struct view *v, struct table *t, uint64_t bytes);

/* A dump's call sites, as the options and the terminal want them. */
void view_session(const struct view *v, struct session *s);

/* How many of sorted rows have any of what they are sorted by, where only those are shown; else all
 * of them. */
size_t view_rows(const struct view *v, const struct rows *rows);

/* Returns how many of `rows` rows are shown. */
size_t view_shown(const struct view *v, size_t rows);

/* A table of the view.  spare: columns that may be left out to save room (table_spare), or NULL. */
struct table *view_table(const struct view *v, const char *const titles[],
                         const char *const spare[]);

/* Sets spare to the columns of `order` (at most VIEW_SPARE_MAX, ending in NULL) that may be left
 * out, the first to go first: all but the one that rows are sorted by. */
enum { VIEW_SPARE_MAX = 7 };
void view_spare(enum sort by, const char *const order[], const char *spare[VIEW_SPARE_MAX + 1]);

/* Prints the table, and below it, if it does not have all rows or all columns, a line
 * that says so and names the option that shows them. */
void view_table_end(const struct view *v, struct table *t, size_t shown, size_t rows);

/* Prints lines of prose, each cut at the terminal's width. */
void view_say(const struct view *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A number of bytes in a sentence. */
void view_bytes(const struct view *v, uint64_t bytes, char name[UNITS_MAX]);

/* What a command shows: all of it, with as many rows and as much detail as the view says. */
typedef void view_body(const struct view *v, void *arg);

/* Prints it, on a terminal as much of it as fits the window, and then counts that make the figures
 * doubtful.  Returns the exit status of the command: `status`, or 2 when it can't be written. */
int view_print(struct view *v, view_body *body, void *arg, int status);

#endif
