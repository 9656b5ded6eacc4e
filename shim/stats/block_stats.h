/* What a block holds, and how old it is, for reports and dumps: a block that few old objects keep
 * from the kernel shows by its age and its fill. */
#ifndef SHIM_BLOCK_STATS_H
#define SHIM_BLOCK_STATS_H

#include "snapshot.h"

struct block_line {
  const struct heap *heap; /* the arena that has it; NULL: none, and all else is 0 */
  uint64_t passed;         /* bytes handed out as slabs */
  uint64_t slabs;          /* slabs that have a size class */
  uint64_t in_use;         /* bytes of cells in use */
  uint64_t born;           /* allocations of its arena when it took the block */
  uint64_t age;            /* allocations since, at most: cells in the thread's lists count, too */
};

/* Sets *line; number < block_count().  Between snapshot_begin and snapshot_end.  The block of a
 * running thread is read as it changes. */
hidden void block_read(const struct snapshot *g, size_t number, struct block_line *line);

/* Bytes of the cells in use of a slab of that heap: by their tags, or by its counts.  As
 * block_read. */
hidden uint64_t slab_bytes_in_use(const struct snapshot *g, const struct heap *h,
                                  const struct slab *s);

/* Bytes that its slabs with a size class do not use: free cells, uncarved parts and tails. */
static inline uint64_t block_unused(const struct block_line *line) {
  return count_less(line->slabs * SLAB_BYTES, line->in_use);
}

#endif
