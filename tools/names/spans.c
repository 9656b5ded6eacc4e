/* Intervals of addresses, sorted; contract in spans.h. */
#include "spans.h"
#include "say.h"

#include <stdlib.h>

void spans_add(struct spans *s, uint64_t start, uint64_t end, uint32_t item) {
  if (s->count == s->room)
    s->items = must_resize(s->items, s->room = s->room * 2 + 64, sizeof *s->items);
  s->items[s->count++] = (struct span){.start = start, .end = end, .item = item};
}

void spans_free(struct spans *s) {
  free(s->items);
  free(s->reach);
  *s = (struct spans){0};
}

/* Of those that start together the shortest comes last, for it lies within the others. */
static int span_compare(const void *a, const void *b) {
  const struct span *x = a, *y = b;
  if (x->start != y->start)
    return x->start < y->start ? -1 : 1;
  if (x->end != y->end)
    return x->end > y->end ? -1 : 1;
  return (x->item > y->item) - (x->item < y->item);
}

void spans_sort(struct spans *s) {
  uint64_t reach = 0;
  if (s->count > 0)
    qsort(s->items, s->count, sizeof *s->items, span_compare);
  s->reach = must_alloc(s->count * sizeof *s->reach);
  for (size_t i = 0; i < s->count; i++)
    s->reach[i] = reach = s->items[i].end > reach ? s->items[i].end : reach;
}

const struct span *spans_find(const struct spans *s, uint64_t address) {
  size_t low = 0, high = s->count; /* those below low start at or before the address */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (s->items[middle].start <= address)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low > 0 && s->reach[low - 1] > address; low--)
    if (s->items[low - 1].end > address)
      return &s->items[low - 1];
  return NULL;
}
