/* A block: what a heap takes from the range and gives back at a time; it passes out slabs.
 *
 *   ab_mem                       ab_mem + ab_offset                 ab_mem + ab_size
 *   | slab | slab | slab | ...   | not passed out yet               |
 *
 * ARENASHIM_BLOCK_SIZE sets ab_size, 2^k slabs.  Blocks are found again by number, not by
 * list: `owner` of every row below the span says who has it, and claiming one is a single
 * compare-and-swap, so that a fork in the middle of it loses nothing.
 */
#ifndef ARENA_BLOCK_H
#define ARENA_BLOCK_H

#include "slab.h"

struct block {
  _Atomic(struct heap *) owner; /* NULL: free for any heap */
  size_t ab_size;               /* bytes to pass out; read-only while owned */
  size_t ab_offset;             /* bytes passed out as slabs, empty ones included */
  struct block *ab_next;        /* next block of the same heap */
  struct block *ab_prev;
  char *ab_mem;  /* first byte; read-only while owned */
  uint32_t live; /* slabs that have a class */
  uint64_t born; /* small allocations of its heap when it was taken: its age follows */
};

static_assert(sizeof(struct block) <= ROW_BYTES, "one row a cache line");

static inline struct block *block_at(size_t number) {
  return (struct block *)(range.base - BLOCK_ROWS_BELOW + number * ROW_BYTES);
}
static inline size_t block_number_of(const struct slab *s) {
  return slab_index(s) >> (range.block_shift - SLAB_SHIFT);
}
static inline struct block *block_of(const struct slab *s) { return block_at(block_number_of(s)); }
static inline size_t block_count(void) { return range_span() >> range.block_shift; }

/* Claims the lowest free block for a heap, growing the range at need; NULL if refused.
 * Lock-free but for the bounded right to grow. */
hidden struct block *block_take(struct heap *owner);

/* Gives back a block whose slabs are all empty; its memory goes back to the kernel. */
hidden void block_give(struct block *b);

/* Gives rows of slabs that stand in no owned block back to the kernel.  `me` claims the blocks
 * meanwhile. */
hidden void block_trim_rows(struct heap *me);

/* In the child of a fork: a gone thread may have given a block back and not said so. */
hidden void block_hint_forget(void);

/* The next slab that was never passed out, EMPTY and owned; NULL if there is none left. */
hidden struct slab *block_next_slab(struct block *b);

#endif
