/* `arenashim report`: tables of a dump, largest first. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "view.h"

enum report_by { BY_DEFAULT, BY_SITE, BY_FUNCTION, BY_ARENA, BY_CLASS, BY_MODULE };

struct report_options {
  struct view_options view;
  enum report_by by; /* BY_DEFAULT: sites when the dump has them, else arenas */
};

/* Reads the words after "report"; ends the command when they are wrong or ask for help. */
void report_options_read(struct report_options *o, int argc, char **argv);

/* Runs the command; returns its exit status. */
int report_command(int argc, char **argv);

/* Writes the same of a dump in memory. */
int report_write(const struct report_options *o, const struct dump *d, FILE *to);

#endif
