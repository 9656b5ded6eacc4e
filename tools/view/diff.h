/* `arenashim diff`: what grew and what shrank from one dump to another, by call site. */
#ifndef TOOLS_DIFF_H
#define TOOLS_DIFF_H

#include "view.h"

/* Runs the command; returns its exit status. */
int diff_command(int argc, char **argv);

/* Writes the same of two dumps in memory. */
int diff_write(const struct view_options *o, const struct dump *old, const struct dump *new,
               FILE *to);

#endif
