/* Arenas by the names of their threads, those of one name added up.
 *
 * Names count in the order of the arenas' numbers, so that a sample stays where it is: the first
 * METRICS_NAMES_MOST have one each, all others share METRICS_OTHER.
 */
#ifndef TOOLS_METRICS_NAMES_H
#define TOOLS_METRICS_NAMES_H

#include "dump.h"

#include "../../shim/metrics_format.h"

struct metrics_name {
  const char *name; /* lives as long as the dump */
  uint64_t arenas, live_bytes, live_objects;
};

struct metrics_names {
  struct metrics_name items[METRICS_NAMES_MOST + 1];
  unsigned count;
};

void metrics_names_read(struct metrics_names *n, const struct dump *d);

#endif
