/* Processes of a merge whose resident memory is not in its sums: a record has none, so neither has
 * a process that was killed.  A merge keeps them by program in its health section, a line for each:
 *
 *   processes without a resident size: nginx     2
 */
#ifndef TOOLS_MEMORY_MISSING_H
#define TOOLS_MEMORY_MISSING_H

#include "dump.h"

/* What such a line begins with; the program's name follows. */
#define MEMORY_MISSING "processes without a resident size: "

/* How many processes of the dump's it is; 0 for one that is no merge. */
uint64_t memory_missing(const struct dump *d);

/* "4 of 5 processes": those whose resident memory is there.  NULL: all.  To be freed. */
char *memory_known_words(const struct dump *d);

/* "nginx (2), php: killed, or ...": those whose is not, and why.  NULL: none.  To be freed. */
char *memory_missing_words(const struct dump *d);

#endif
