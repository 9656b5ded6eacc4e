/* What reports read: counts by heap, and a survey of every byte of the range.
 *
 * A heap is read exactly when nobody changes it: the caller's own, or one the caller claimed
 * because no thread has it.  Any other is read as of its owner's last slow path, from counters
 * alone: no list of a running thread is followed.
 */
#ifndef ARENA_HEAP_STATS_H
#define ARENA_HEAP_STATS_H

#include "heap_state.h"

struct heap_totals {
  uint64_t allocs[CLASS_SLOTS];
  uint64_t frees[CLASS_SLOTS];
  uint64_t remote[CLASS_SLOTS]; /* of these frees, by other threads */
  uint64_t listed[CLASS_SLOTS]; /* cells in the thread's list: not allocated */
  unsigned broken_lists;        /* lists that did not hold: corrupted by the program */
};

hidden void heap_read_totals(struct heap *h, bool exact, struct heap_totals *t);

/* Of a heap that nobody changes: prepares heap_listed_cells, which tells how many of the slab's
 * cells wait in the thread's list.  One walk of each list for all slabs. */
hidden void heap_mark_listed(const struct heap *h);
hidden uint64_t heap_listed_cells(const struct heap *h, const struct slab *s);

/* Counts of cells by class and of bytes by what they are.  Sums: every slab's 64 KiB are in
 * cells (used and free), uncarved or tails; every byte below the span in these or in empty slabs
 * or in blocks.  With tags: allocated cells are those with a tag that is not mailed, no matter
 * what lists hold. */
struct survey {
  uint64_t slabs[CLASS_SLOTS];
  uint64_t used_cells[CLASS_SLOTS]; /* listed and mailed ones included */
  uint64_t free_cells[CLASS_SLOTS];
  uint64_t mail_cells[CLASS_SLOTS];      /* freed by other threads, not collected: part of used */
  uint64_t tagged_cells[CLASS_SLOTS];    /* with tags: allocated, by their tags */
  uint64_t requested_bytes[CLASS_SLOTS]; /* of these, as requested */
  uint64_t uncarved_bytes[CLASS_SLOTS];
  uint64_t tail_bytes[CLASS_SLOTS];
  uint64_t empty_slab_bytes; /* slabs without a class */
  uint64_t unpassed_bytes;   /* of owned blocks, not passed out as slabs */
  uint64_t free_block_bytes; /* blocks that no heap has */
  uint64_t metadata_bytes;   /* rows and heaps, committed */
  uint64_t tag_bytes;        /* rows of tags, committed */
  uint64_t reserved_bytes;   /* address space with nothing behind it */
  uint64_t span_bytes;       /* the data: sum of all but the last two */
};

hidden void range_survey(struct survey *v);

#endif
