/* A block: the piece of the range that a heap takes and gives back as a whole.  It passes out
 * slabs.
 *
 *   ab_mem                       ab_mem + ab_offset                 ab_mem + ab_size
 *   | slab | slab | slab | ...   | not passed out yet               |
 *
 * ARENASHIM_BLOCK_SIZE sets ab_size, 2^k slabs.  A block's owner is `owner` in its row, found by
 * the block's number; claiming a block is one compare-and-swap, so that a fork at that moment loses
 * nothing.  The heap's own list (ab_next) is rebuilt from the rows after a fork.
 *
 *   ab_offset <= ab_size, a multiple of SLAB_BYTES      live = its slabs that have a class
 *
 * The functions below keep errno.  None may be called from a signal handler, except those that are
 * inline.
 */
#ifndef ARENA_BLOCK_H
#define ARENA_BLOCK_H

#include "slab.h"

struct block {
  _Atomic(struct heap *) owner; /* NULL: free; any heap may claim it */
  size_t ab_size;               /* bytes to pass out; constant while owned */
  size_t ab_offset;             /* bytes passed out as slabs, empty ones included */
  struct block *ab_next;        /* next block of the same heap */
  struct block *ab_prev;
  char *ab_mem;  /* first byte; constant while owned */
  uint32_t live; /* slabs that have a class */
  uint64_t born; /* heap_passed of its heap when it was taken, for its age */
};

static_assert(sizeof(struct block) <= ROW_BYTES, "one row a cache line");

/* The row of a block by its number, the number and the row of a slab's block, and the number of
 * rows below the span.  Any thread, any context. */
static inline struct block *block_at(size_t number) {
  return (struct block *)(range.base - BLOCK_ROWS_BELOW + number * ROW_BYTES);
}
static inline size_t block_number_of(const struct slab *s) {
  return slab_index(s) >> (range.block_shift - SLAB_SHIFT);
}
static inline struct block *block_of(const struct slab *s) { return block_at(block_number_of(s)); }
static inline size_t block_count(void) { return range_span() >> range.block_shift; }

/* Claims the lowest free block for a heap and grows the range if there is none; NULL if the system
 * refuses memory.  Any thread.  Lock-free, but for the right to grow, for which it waits a bounded
 * time (range.h). */
hidden struct block *block_take(struct heap *owner);

/* Gives back a block of which no slab has a class and none is in a queue; its memory goes back to
 * the kernel.  Owner only. */
hidden void block_give(struct block *b);

/* Gives the rows of slabs that lie in no owned block back to the kernel.  Meanwhile `me`, the
 * calling thread's heap, owns those blocks. */
hidden void block_trim_rows(struct heap *me);

/* In the child of a fork: searches begin at the first block again, because a thread that is gone
 * may have given a block back and not yet lowered the hint. */
hidden void block_hint_forget(void);

/* The next slab of the block that was never passed out, now EMPTY and owned, in no queue; NULL if
 * none is left.  Owner only. */
hidden struct slab *block_next_slab(struct block *b);

/* Do the equations above hold, and has every slab that was passed out the block's owner?  Owner
 * only, outside of the functions that move slabs. */
static inline bool block_is_valid(const struct block *b) {
  struct heap *owner = atomic_load_explicit(&b->owner, memory_order_relaxed);
  uint32_t live = 0;
  if (b->ab_size != (size_t)1 << range.block_shift || b->ab_offset > b->ab_size ||
      b->ab_offset % SLAB_BYTES != 0 || range_offset(b->ab_mem) % b->ab_size != 0 ||
      block_of(slab_of(b->ab_mem)) != b)
    return false;
  for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES) {
    const struct slab *s = slab_of(b->ab_mem + at);
    if (s->owner != owner)
      return false;
    live += s->class != 0;
  }
  return b->live == live;
}

#endif
