/* `arenashim arenas`: every arena and region, and the blocks of each arena. */
#ifndef TOOLS_ARENAS_H
#define TOOLS_ARENAS_H

#include "view.h"

/* Runs the command; returns its exit status. */
int arenas_command(int argc, char **argv);

/* Writes the same of a dump in memory; `old` is not used. */
int arenas_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                 FILE *to);

#endif
