/* How much of a process its malloc answers for, where that is little. */
#ifndef TOOLS_COVER_H
#define TOOLS_COVER_H

#include "dump.h"

/* "malloc holds 5.0% of the resident 182 MiB; rest: ..." and, in a second line, how more can be
 * seen, where that is known; each ends with a newline and fits 80 columns.  NULL: it holds a third
 * or more, the process is small, or without tags the figures are not there.  To be freed. */
char *cover_lines(const struct dump *d);

#endif
