/* How much memory a dump may take for what grows with the process:
 *
 *   a bit for each page of large objects  seen_pages.h    32 KiB for a GiB
 *   ROOM_SITE_BYTES for each call site    site_stats.h, resident.h    70 KiB for a thousand
 *   a word for each slab                  slab_sums.h     64 KiB for a GiB of small objects
 *
 * Together they have at most ROOM_MOST, which is enough for 10 GiB of which at most 8 are small
 * objects', and a hundred sites.  What finds no room takes time only: pages and slabs are read
 * again each time they are asked for, and call sites are looked at in windows of as many as there
 * is room for, with a look at all tags for each window.  So pages have their room first, then the
 * sites of a window of ROOM_SITES_LEAST bytes, then slabs; and sites have what is left.  With what
 * does not grow (resident.c, and the small sections of dump_tables.c) a dump maps less than 1 MiB.
 */
#ifndef SHIM_WALK_ROOM_H
#define SHIM_WALK_ROOM_H

#include "base.h"

enum { ROOM_MOST = 584 << 10, ROOM_SLABS_MOST = 512 << 10, ROOM_SEEN_MOST = 320 << 10 };
enum { ROOM_SITE_BYTES = 72, ROOM_SITES_LEAST = 128 << 10 };

/* Bytes for a bit for each page that jemalloc and huge objects have mapped by now, in whole words.
 * Any thread, signal handlers too. */
hidden size_t walk_room_seen(void);

/* Call sites in a window, of `sites` in a process of that many slabs: at least 1, unless there are
 * none.  Any thread, signal handlers too. */
hidden uint32_t walk_room_sites(uint32_t sites, size_t slabs);

/* Bytes for the words of that many slabs: as many of the first as find room beside
 * walk_room_seen() and a window of so many sites. */
hidden size_t walk_room_slabs(size_t slabs, uint32_t window);

#endif
