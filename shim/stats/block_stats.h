/* What a block holds, and how old it is, for reports and dumps: a block that few old objects keep
 * from the kernel shows by its age and its fill. */
#ifndef SHIM_BLOCK_STATS_H
#define SHIM_BLOCK_STATS_H

#include "snapshot.h"

struct block_line {
  const struct heap *heap; /* whose it is; NULL: no arena's, all else is 0 */
  uint64_t passed;         /* bytes passed out as slabs */
  uint64_t slabs;          /* of these, with a class */
  uint64_t in_use;         /* bytes of cells in use */
  uint64_t born;           /* allocations of its arena when it was taken */
  uint64_t age;            /* and since, at most: cells of the thread's lists count, too */
};

/* Between snapshot_begin and snapshot_end; number < block_count().  A running thread's block is
 * read as it changes. */
hidden void block_read(const struct snapshot *g, size_t number, struct block_line *line);

/* In its slabs with a class: free cells, uncarved parts and tails, in bytes. */
static inline uint64_t block_unused(const struct block_line *line) {
  return count_less(line->slabs * SLAB_BYTES, line->in_use);
}

#endif
