/* Adds arenas up; contract in metrics_names.h. */
#include "metrics_names.h"

#include <string.h>

static struct metrics_name *name_get(struct metrics_names *n, const char *name) {
  unsigned i = 0;
  while (i < n->count && i < METRICS_NAMES_MOST && strcmp(n->items[i].name, name) != 0)
    i++;
  if (i == n->count)
    n->items[n->count++].name = i < METRICS_NAMES_MOST ? name : METRICS_OTHER;
  return &n->items[i];
}

void metrics_names_read(struct metrics_names *n, const struct dump *d) {
  *n = (struct metrics_names){.count = 0};
  for (uint32_t i = 0; i < d->n_arenas; i++) {
    struct metrics_name *to = name_get(n, dump_text(d, d->arenas[i].name));
    to->arenas++;
    to->live_bytes += d->arenas[i].live_bytes;
    to->live_objects += d->arenas[i].live_objects;
  }
}
