/* What reports read: counts by heap, and a survey of every byte of the range.
 *
 * A heap can be read exactly while no other thread changes it: the caller's own heap, or one that
 * the caller claimed because no thread has it (heap_claim_idle).  Any other heap is read as of its
 * owner's last slow path, from counters alone: no list of a running thread is followed.
 *
 * The functions allocate nothing, take no lock and keep errno; any thread, any context.
 */
#ifndef ARENA_HEAP_STATS_H
#define ARENA_HEAP_STATS_H

#include "heap_state.h"
#include "tag_sums.h"

struct heap_totals {
  uint64_t allocs[CLASS_SLOTS];
  uint64_t frees[CLASS_SLOTS];
  uint64_t remote[CLASS_SLOTS]; /* frees by other threads: part of frees */
  uint64_t listed[CLASS_SLOTS]; /* cells in the thread's list, which are not allocated */
  unsigned broken_lists;        /* lists that the program has corrupted */
};

/* Fills *t with the counts of h.  `exact`: no other thread changes h; else they are as of its last
 * slow path, and broken_lists is 0. */
hidden void heap_read_totals(struct heap *h, bool exact, struct heap_totals *t);

/* Returns its allocations as of its last slow path, and adds the bytes of cells that are live then
 * to *live_bytes.  Any thread, at any time. */
hidden uint64_t heap_read_published(const struct heap *h, uint64_t *live_bytes);

/* For a heap whose totals are as of its owner's last slow path: sets t->frees from its slabs, so
 * that allocs - frees is what lives now, but for what the owner took from its lists since, one list
 * a class at most.  A heap that its thread has put aside has no lists (heap_pair.h).  Any thread,
 * at any time. */
hidden void heap_read_frees(const struct heap *h, struct heap_totals *t);

/* For a heap that no other thread changes.  heap_mark_listed prepares heap_listed_cells, which
 * returns how many of the slab's cells are in the thread's list, with one walk of each list for all
 * slabs. */
hidden void heap_mark_listed(const struct heap *h);
hidden uint64_t heap_listed_cells(const struct heap *h, const struct slab *s);

/* Counts of cells by class, and of bytes by what they are.  Every slab's 64 KiB are in cells (used
 * and free), uncarved bytes or tails; every byte below the span is in these, in empty slabs or in
 * blocks.  Of slabs with tags, allocated cells are those with a tag that is not mailed, whatever
 * lists they are in. */
struct survey {
  uint64_t slabs[CLASS_SLOTS];
  uint64_t used_cells[CLASS_SLOTS]; /* listed and mailed cells included */
  uint64_t free_cells[CLASS_SLOTS];
  uint64_t mail_cells[CLASS_SLOTS];  /* freed by other threads, not collected: part of used_cells */
  uint64_t plain_cells[CLASS_SLOTS]; /* without tags: used, and not in the mail; listed included */
  uint64_t tagged_cells[CLASS_SLOTS];    /* with tags: allocated, by their tags */
  uint64_t requested_bytes[CLASS_SLOTS]; /* requested for tagged_cells */
  uint64_t uncarved_bytes[CLASS_SLOTS];
  uint64_t tail_bytes[CLASS_SLOTS];
  uint64_t empty_slab_bytes; /* slabs without a class */
  uint64_t unpassed_bytes;   /* of owned blocks: not passed out as slabs */
  uint64_t free_block_bytes; /* blocks that no heap has */
  uint64_t metadata_bytes;   /* rows and heaps, mapped */
  uint64_t tag_bytes;        /* rows of tags, mapped */
  uint64_t span_bytes;       /* the data in use */
};

/* Fills *v; `sums` reads the slabs' tags.  Slabs that other threads change meanwhile are counted as
 * they are found, and each still adds up to its 64 KiB. */
hidden void range_survey(struct survey *v, tag_sums_fn *sums);

#endif
