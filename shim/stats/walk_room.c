/* Divides a fixed room; contract in walk_room.h. */
#include "walk_room.h"
#include "huge.h"
#include "page_map.h"

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t walk_room_seen(void) {
  uint64_t pages = (page_map_mapped_bytes() + huge_mapped_bytes()) / PAGE_BYTES;
  return least(round_up(pages, 64) / 8, ROOM_SEEN_MOST);
}

size_t walk_room_slabs(size_t slabs) {
  return least(slabs * sizeof(uint32_t), least(ROOM_SLABS_MOST, ROOM_MOST - walk_room_seen()));
}
