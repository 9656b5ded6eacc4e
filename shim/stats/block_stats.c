/* Reading blocks; contract in block_stats.h. */
#include "block_stats.h"
#include "heap_memory.h"

/* Cells of this slab that wait in the heap's list; a running thread's are all taken for the current
 * slab's. */
static uint64_t listed_cells(const struct snapshot *g, const struct heap *h, const struct slab *s,
                             unsigned c) {
  if (snapshot_may_walk(g, h))
    return heap_listed_cells(h, s);
  return h->current[c] != s
             ? 0
             : count_less(count_get(&counts_of(h)->passed[c]), count_get(&counts_of(h)->known[c]));
}

static uint64_t tagged_cells(const struct snapshot *g, const struct slab *s, unsigned c) {
  uint32_t carved = *(const volatile uint32_t *)&s->carved, capacity = SLAB_BYTES / class_bytes(c);
  return g->tags(s, carved < capacity ? carved : capacity).alive;
}

uint64_t slab_bytes_in_use(const struct snapshot *g, const struct heap *h, const struct slab *s) {
  unsigned c = *(const volatile uint8_t *)&s->class;
  if (c == 0 || c > CLASSES)
    return 0;
  if (slab_is_tagged(s)) /* its tags say it, whatever its thread is doing */
    return tagged_cells(g, s, c) * class_bytes(c);
  int32_t used = slab_used(s);
  uint64_t cells = used > 0 ? (uint64_t)used : 0;
  return count_less(cells, mail_count(s) + listed_cells(g, h, s, c)) * class_bytes(c);
}

void block_read(const struct snapshot *g, size_t number, struct block_line *line) {
  const struct block *b = block_at(number);
  const struct heap *h = atomic_load_explicit(&b->owner, memory_order_acquire);
  *line = (struct block_line){.heap = h};
  if (h == NULL)
    return;
  line->passed = *(const volatile size_t *)&b->ab_offset;
  line->slabs = *(const volatile uint32_t *)&b->live;
  line->born = *(const volatile uint64_t *)&b->born;
  line->age = count_less(heap_passed(h), line->born);
  for (size_t at = 0; at < line->passed; at += SLAB_BYTES)
    line->in_use += slab_bytes_in_use(g, h, slab_at((number << range.block_shift) + at));
}
