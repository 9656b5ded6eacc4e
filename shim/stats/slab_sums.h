/* What each slab's tags add up to, kept for the time of a dump, which asks up to four times: with
 * ten gigabytes of small objects a look at all tags takes a tenth of a second.
 *
 *   31    | 30     | 29 ...... 13 | 12 ..... 0      a word for each slab
 *   known | mailed | bytes        | alive
 *
 * A slab's sums are those of the first call that asked for them.  How much of it is mailed is not
 * kept: that is looked up for slabs that have any.  Slabs that find no room (walk_room.h), and all
 * without memory, are read each time.
 *
 * Between slab_sums_map and slab_sums_unmap by the thread that holds the lock of call sites alone
 * (site_stats.h); signal handlers too.
 */
#ifndef SHIM_SLAB_SUMS_H
#define SHIM_SLAB_SUMS_H

#include "tag_sums.h"

/* `window`: the call sites that are looked at together (walk_room.h). */
hidden void slab_sums_map(uint32_t window);
hidden void slab_sums_unmap(void);

/* Bytes that it has mapped now. */
hidden uint64_t slab_sums_bytes(void);

/* As tag_sums, but as of the first call for that slab since slab_sums_map: `carved` cells may have
 * become more or fewer since.  No more are alive than there are. */
hidden struct tag_sums slab_sums(const struct slab *s, uint32_t carved);

#endif
