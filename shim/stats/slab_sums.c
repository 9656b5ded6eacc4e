/* Keeps sums; contract in slab_sums.h. */
#include "slab_sums.h"
#include "block.h"
#include "scratch.h"
#include "walk_room.h"

enum { ALIVE_BITS = 13, BYTES_BITS = 17 };
#define MAILED (UINT32_C(1) << 30)
#define KNOWN  (UINT32_C(1) << 31)
static_assert(SLAB_BYTES / GRAIN < 1 << ALIVE_BITS && SLAB_BYTES < 1 << BYTES_BITS, "sums fit");

static struct {
  struct scratch scratch; /* without a reserve: it saves time only */
  uint32_t *word;         /* by the slab's number */
  size_t slabs;
} kept;

void slab_sums_map(uint32_t window) {
  size_t bytes = walk_room_slabs(range_span() / SLAB_BYTES, window);
  kept.slabs = 0;
  if (!range.has_tag_rows || bytes == 0 || !scratch_map(&kept.scratch, bytes))
    return;
  kept.word = (uint32_t *)kept.scratch.at;
  kept.slabs = bytes / sizeof *kept.word;
}

void slab_sums_unmap(void) {
  kept.slabs = 0;
  scratch_unmap(&kept.scratch);
}

uint64_t slab_sums_bytes(void) { return scratch_mapped(&kept.scratch); }

static struct tag_sums sums_of(uint32_t word, uint32_t carved) {
  uint32_t alive = word & ((1 << ALIVE_BITS) - 1);
  return (struct tag_sums){.alive = alive < carved ? alive : carved,
                           .bytes = word >> ALIVE_BITS & ((1 << BYTES_BITS) - 1)};
}

struct tag_sums slab_sums(const struct slab *s, uint32_t carved) {
  size_t i = slab_index(s);
  uint32_t word = i < kept.slabs ? kept.word[i] : 0;
  if ((word & (KNOWN | MAILED)) == KNOWN)
    return sums_of(word, carved);
  struct tag_sums sums = tag_sums(s, carved);
  if (i < kept.slabs)
    kept.word[i] = KNOWN | (sums.mailed != 0 ? MAILED : 0) | sums.bytes << ALIVE_BITS | sums.alive;
  return sums;
}
