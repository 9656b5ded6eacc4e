/* A dump of some of a dump's call sites alone: what their names are made of.
 *
 *   sites     0 1 2 3 | 4 5                  becomes   4 5
 *   nodes     all                                      those of their paths
 *   accounts  all                                      theirs
 *
 * Modules and texts are those of the dump itself, which must outlive it.
 */
#ifndef TOOLS_TOP_PART_H
#define TOOLS_TOP_PART_H

#include "dump.h"

/* The sites from number `first` on. */
struct dump *top_part_new(const struct dump *d, uint32_t first);
void top_part_free(struct dump *part);

#endif
