/* `arenashim report`: tables of a dump, largest first. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "options.h"
#include "rows.h"

#include <stdio.h>

enum report_by { BY_DEFAULT, BY_SITE, BY_ARENA, BY_CLASS, BY_MODULE };

struct report_options {
  const char *file;
  enum report_by by; /* BY_DEFAULT: sites when the dump has them, else arenas */
  enum sort sort;
  unsigned long rows; /* 0: all */
  struct option_names names;
};

/* Reads the words after "report"; ends the command when they are wrong or ask for help. */
void report_options_read(struct report_options *o, int argc, char **argv);

/* Writes the report of a file; returns the command's exit status. */
int report_run(const struct report_options *o, FILE *to);

/* The same of a dump in memory. */
int report_write(const struct report_options *o, const struct dump *d, FILE *to);

#endif
