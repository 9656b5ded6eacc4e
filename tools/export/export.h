/* `arenashim export`: what call paths cost, in the formats of other tools. */
#ifndef TOOLS_EXPORT_H
#define TOOLS_EXPORT_H

#include "export_options.h"

#include <stdio.h>

/* Runs the command; returns its exit status. */
int export_command(int argc, char **argv);

/* Writes the export of a dump in memory.  Returns the command's exit status: 0, or 2 after one line
 * on stderr that says why there is nothing to write. */
int export_write(const struct export_options *o, const struct dump *d, FILE *to);

#endif
