/* `arenashim leaks`: what was alive at the end, by call site, with the whole path of each. */
#ifndef TOOLS_LEAKS_H
#define TOOLS_LEAKS_H

#include "view.h"

/* Runs the command; returns its exit status. */
int leaks_command(int argc, char **argv);

/* Writes the same of a dump in memory; `old` is not used. */
int leaks_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                FILE *to);

#endif
