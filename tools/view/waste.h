/* `arenashim waste`: what rounding and half-empty slabs cost, by call site. */
#ifndef TOOLS_WASTE_H
#define TOOLS_WASTE_H

#include "view.h"

/* Runs the command; returns its exit status. */
int waste_command(int argc, char **argv);

/* Writes the same of a dump in memory; `old` is not used. */
int waste_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                FILE *to);

#endif
