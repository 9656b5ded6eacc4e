/* Intervals of addresses, each with a number: which one lies around an address. */
#ifndef TOOLS_SPANS_H
#define TOOLS_SPANS_H

#include <stddef.h>
#include <stdint.h>

struct span {
  uint64_t start, end; /* end exclusive */
  uint32_t item;       /* whatever the owner counts */
};

/* All zero is an empty one. */
struct spans {
  struct span *items;
  uint64_t *reach; /* of each, once sorted: the largest end up to it */
  size_t count, room;
};

/* Adds [start, end) with its item; spans_free leaves an empty one. */
void spans_add(struct spans *s, uint64_t start, uint64_t end, uint32_t item);
void spans_free(struct spans *s);

/* Once, after the last was added and before the first is looked for. */
void spans_sort(struct spans *s);

/* The span that covers an address, of several the one that starts last; NULL: none does. */
const struct span *spans_find(const struct spans *s, uint64_t address);

#endif
