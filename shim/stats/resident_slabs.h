/* The pages of our slabs, shared out by what lies on them.
 *
 *   a page in memory      | A A A | . . | B B + | . |  not carved yet  |
 *                           live    free  live    free   uncarved            + rounding
 *
 * Rules, for the bytes of pages that are in memory, and likewise for those in swap:
 *   1. A slab without a size class is EMPTY, as are parts of blocks that are no slabs yet.
 *   2. Bytes behind the carved cells are UNCARVED.
 *   3. With tags each byte before that belongs to its cell: the first bytes of a live one, as many
 * as
 *      were requested, are OBJECTS, the others ROUNDING; all else is free.
 *   4. Without tags these bytes are divided in the proportion of live and free cells of the slab;
 *      ROUNDING is not known, and stays 0.
 *   5. Free bytes are PINNED in a slab that has a live object, and FREE in one that has none.
 * So a slab's shares add up to its pages.
 *
 * malloc_trim gives back EMPTY slabs of all heaps, and slabs without a live object of the heaps
 * that the reporting thread may trim: its own, and those that no thread has.
 *
 * Between snapshot_begin and snapshot_end.  Slabs of running threads are read as they change.
 */
#ifndef SHIM_RESIDENT_SLABS_H
#define SHIM_RESIDENT_SLABS_H

#include "page_states.h"
#include "snapshot.h"

/* What a call site's live objects have, of pages in memory and in swap; bytes.  Of objects in slabs
 * `resident` has only what is not in memory, subtracted, so that no tag need be looked at where all
 * pages are: sites_small_bytes (site_stats.h) is to be added. */
struct site_share {
  uint64_t resident, swapped;
};

struct slab_shares {
  const struct snapshot *g;
  struct page_states *states;
  struct site_share *site; /* with tags, of `sites` sites from first_site on; NULL: not wanted */
  uint32_t first_site, sites;
  struct dump_mapping kind[DUMP_MAPPING_EMPTY + 1]; /* sums by kind */
};

/* Adds the slabs from start to end, addresses in the data, to the sums. */
hidden void resident_slabs_add(struct slab_shares *s, uintptr_t start, uintptr_t end);

#endif
