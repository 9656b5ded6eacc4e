/* Does a heap satisfy the equations that stand above its structs?  For debug() and for tests.
 *
 * Each predicate walks everything it names.  They write nothing.  What heap_is_valid reads is the
 * owner's alone, so other threads may run; heap_mail_is_valid is for a moment at which none does.
 */
#ifndef ARENA_HEAP_VALID_H
#define ARENA_HEAP_VALID_H

#include "heap_list.h"

/* The block, each of its slabs, and the slabs that are current. */
static inline bool heap_block_is_valid(const struct heap *h, const struct block *b) {
  if (b->owner != h || !block_is_valid(b))
    return false;
  for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES) {
    const struct slab *s = slab_of(b->ab_mem + at);
    bool current = s->class != 0 && h->current[s->class] == s;
    if (!slab_is_valid(s) || (s->state == SLAB_CURRENT) != current ||
        (slab_recycles(s) && s->freed_to != &h->head[s->class]))
      return false;
  }
  return true;
}

/* All blocks: links equal both ways, and only the newest has slabs left to pass out. */
static inline bool heap_blocks_are_valid(const struct heap *h) {
  const struct block *prev = NULL;
  for (const struct block *b = h->blocks; b != NULL; prev = b, b = b->ab_next)
    if (b->ab_prev != prev || (prev != NULL && b->ab_offset != b->ab_size) ||
        !heap_block_is_valid(h, b))
      return false;
  return true;
}

/* The queues, and the lists of empty slabs with their sum. */
static inline bool heap_queues_are_valid(const struct heap *h) {
  uint64_t dirty = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (!slab_queue_is_valid(&h->queue[c], h, c, SLAB_QUEUED))
      return false;
  for (const struct slab *s = h->dirty.first; s != NULL; s = s->next)
    dirty += s->dirty ? SLAB_BYTES : 0;
  return slab_queue_is_valid(&h->dirty, h, 0, SLAB_EMPTY) &&
         slab_queue_is_valid(&h->clean, h, 0, SLAB_EMPTY) && dirty == h->dirty_bytes;
}

/* passed - freed = carved cells; `known` is never above the allocations. */
static inline bool heap_counters_are_valid(const struct heap *h) {
  uint64_t carved[CLASS_SLOTS] = {0}, bytes = 0;
  for (const struct block *b = h->blocks; b != NULL; b = b->ab_next)
    for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES) {
      const struct slab *s = slab_of(b->ab_mem + at);
      carved[s->class] += s->carved;
      bytes += s->carved * slab_cell_bytes(s);
    }
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (list_carved_cells(h, c) != carved[c] ||
        count_get(&counts_of(h)->known[c]) >
            count_get(&counts_of(h)->passed[c]) + list_uncounted(h, c))
      return false;
  return count_get(&h->carved_bytes) == bytes;
}

/* The list of each class (list_is_valid). */
static inline bool heap_lists_are_valid(const struct heap *h) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (!list_is_valid(h, c))
      return false;
  return true;
}

/* All of the above. */
static inline bool heap_cells_are_valid(const struct heap *h) {
  return heap_blocks_are_valid(h) && heap_queues_are_valid(h) && heap_counters_are_valid(h) &&
         heap_lists_are_valid(h);
}

/* The same, and the books.  Owner only, outside of the functions of the heap. */
static inline bool heap_is_valid(const struct heap *h) {
  return heap_cells_are_valid(h) && books_is_valid(&h->books);
}

/* The inbox, and the mail of each slab.  While no other thread runs. */
static inline bool heap_mail_is_valid(struct heap *h) {
  for (const struct block *b = h->blocks; b != NULL; b = b->ab_next)
    for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES)
      if (!mail_is_valid(slab_of(b->ab_mem + at)))
        return false;
  return inbox_is_valid(&h->inbox, h);
}

#endif
