/* `arenashim report`: tables of a dump, largest first. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "view.h"

enum report_by { BY_DEFAULT, BY_SITE, BY_FUNCTION, BY_ARENA, BY_CLASS, BY_MODULE, BY_LIFETIME };

struct report_options {
  struct view_options view; /* the first member: see view_run */
  enum report_by by;        /* BY_DEFAULT: sites when the dump has them, else arenas */
};

/* How the words after "report" are read. */
extern const struct argp report_argp;

/* Runs the command; returns its exit status. */
int report_command(int argc, char **argv);

/* Writes the same of a dump in memory; `o` is the view of report_options, `old` is not used. */
int report_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                 FILE *to);

#endif
