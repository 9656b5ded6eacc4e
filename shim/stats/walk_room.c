/* Divides a fixed room; contract in walk_room.h. */
#include "walk_room.h"
#include "huge.h"
#include "page_map.h"

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t walk_room_seen(void) {
  uint64_t pages = (page_map_mapped_bytes() + huge_mapped_bytes()) / PAGE_BYTES;
  return least(round_up(pages, 64) / 8, ROOM_SEEN_MOST);
}

static_assert(ROOM_SEEN_MOST + ROOM_SITES_LEAST <= ROOM_MOST, "there is room for both");
uint32_t walk_room_sites(uint32_t sites, size_t slabs) {
  size_t left = ROOM_MOST - walk_room_seen();
  left -= least(walk_room_slabs(slabs, 0), left - ROOM_SITES_LEAST);
  return (uint32_t)least(sites, left / ROOM_SITE_BYTES);
}

size_t walk_room_slabs(size_t slabs, uint32_t window) {
  size_t left = ROOM_MOST - walk_room_seen();
  left -= least(left, (size_t)window * ROOM_SITE_BYTES);
  return least(slabs * sizeof(uint32_t), least(ROOM_SLABS_MOST, left));
}
