/* How much memory a dump may take for what grows with the process:
 *
 *   a word for each slab                  slab_sums.h     64 KiB for a GiB of small objects
 *   a bit for each page of large objects  seen_pages.h    32 KiB for a GiB
 *
 * Together they have at most ROOM_MOST, which is enough for 10 GiB of which at most 8 are small
 * objects'.  What finds no room is read again each time it is asked for: that takes time only, less
 * of it for slabs, so pages have their room first.  With what does not grow (resident.c, and the
 * small sections of dump_tables.c) a dump maps less than 1 MiB, but for what call sites need.
 */
#ifndef SHIM_WALK_ROOM_H
#define SHIM_WALK_ROOM_H

#include "base.h"

enum { ROOM_MOST = 576 << 10, ROOM_SLABS_MOST = 512 << 10, ROOM_SEEN_MOST = 320 << 10 };

/* Bytes for a bit for each page that jemalloc and huge objects have mapped by now, in whole words.
 * Any thread, signal handlers too. */
hidden size_t walk_room_seen(void);

/* Bytes for the words of that many slabs: as many of the first as find room beside
 * walk_room_seen(). */
hidden size_t walk_room_slabs(size_t slabs);

#endif
