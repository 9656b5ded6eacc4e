/* The command `resident`. */
#ifndef TOOLS_RESIDENT_H
#define TOOLS_RESIDENT_H

#include "view_options.h"

/* Prints it, as view_writer. */
int resident_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                   FILE *to);

int resident_command(int argc, char **argv);

#endif
