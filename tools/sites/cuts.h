/* Paths that were cut: they have all the frames that a path may have, and do not begin where a
 * program or a thread does. */
#ifndef TOOLS_CUTS_H
#define TOOLS_CUTS_H

#include "names.h"

/* Of each node: whether it is the outermost frame of such a path, of a call site or a region; to be
 * freed. */
bool *cuts_new(const struct dump *d, const struct names *names);

/* Of each of a dump's call sites, whether it has such a path; to be freed. */
bool *cuts_sites(const struct dump *d, const struct names *names);

/* How many have. */
uint32_t cuts_count(const struct dump *d, const struct names *names);

/* The N of stack:N to ask for instead; 0: there is no larger one. */
unsigned cuts_remedy(const struct dump *d);

#endif
