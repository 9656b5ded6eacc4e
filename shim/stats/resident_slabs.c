/* Shares pages out; rules and contract in resident_slabs.h. */
#include "resident_slabs.h"
#include "block_stats.h"
#include "heap_thread.h"
#include "tag.h"

enum { SLAB_PAGES = SLAB_BYTES / PAGE_BYTES, ALL_PAGES = (1 << SLAB_PAGES) - 1 };

/* What one slab's bytes are, in memory or in swap. */
struct slab_split {
  uint64_t objects, rounding, free, uncarved;
};

/* Bytes of [start, end) of the slab that lie on those pages. */
static uint64_t bytes_on(uint32_t pages, size_t start, size_t end) {
  uint64_t sum = 0;
  if (pages == 0 || pages == ALL_PAGES)
    return pages == 0 ? 0 : end - start;
  for (size_t at = start; at < end;) {
    size_t page = at / PAGE_BYTES, next = (page + 1) * PAGE_BYTES;
    next = next < end ? next : end;
    if (pages >> page & 1)
      sum += next - at;
    at = next;
  }
  return sum;
}

/* ---- with tags ---- */

static void add_site(struct slab_shares *s, tag_t t, uint64_t resident, uint64_t swapped) {
  uint32_t place = tag_site(t) - s->first_site;
  if (s->site == NULL || place >= s->sites)
    return;
  s->site[place].resident -= tag_bytes(t) - resident;
  s->site[place].swapped += swapped;
}

static void add_cell(struct slab_shares *s, const struct page_bits *p, tag_t t, size_t at,
                     size_t size, struct slab_split split[2]) {
  size_t end = at + (tag_bytes(t) < size ? tag_bytes(t) : size);
  uint64_t resident = bytes_on(p->resident, at, end);
  uint64_t swapped = p->swapped != 0 ? bytes_on(p->swapped, at, end) : 0;
  split[0].objects += resident;
  split[0].rounding += bytes_on(p->resident, end, at + size);
  if (p->swapped != 0) {
    split[1].objects += swapped;
    split[1].rounding += bytes_on(p->swapped, end, at + size);
  }
  add_site(s, t, resident, swapped);
}

/* Where all of the cells' pages are in memory, which is the rule, no cell's place matters. */
static uint32_t split_whole(struct slab_shares *s, const struct slab *slab, uint32_t carved,
                            size_t size, struct slab_split *split, uint64_t *requested) {
  struct tag_sums tags = s->g->tags(slab, carved);
  uint64_t bytes = tags.alive * size;
  split->objects = *requested = tags.bytes < bytes ? tags.bytes : bytes;
  split->rounding = bytes - *requested;
  return tags.alive;
}

static uint32_t split_tagged(struct slab_shares *s, const struct slab *slab, uint32_t carved,
                             size_t size, const struct page_bits *p, struct slab_split split[2],
                             uint64_t *requested) {
  const volatile tag_t *tags = tag_row(slab);
  uint32_t alive = 0;
  if (bytes_on(p->resident, 0, carved * size) == carved * size)
    return split_whole(s, slab, carved, size, split, requested);
  for (uint32_t i = 0; i < carved; i++) {
    tag_t t = tags[i];
    if (!tag_is_alive(t))
      continue;
    alive++;
    *requested += tag_bytes(t);
    add_cell(s, p, t, i * size, size, split);
  }
  return alive;
}

/* ---- without ---- */

static uint32_t split_untagged(struct slab_shares *s, const struct slab *slab, uint32_t carved,
                               size_t size, const struct page_bits *p, struct slab_split split[2]) {
  uint64_t alive = slab_bytes_in_use(s->g, slab->owner, slab) / size;
  alive = alive < carved ? alive : carved;
  uint64_t cells = bytes_on(p->resident, 0, carved * size);
  split[0].objects = carved != 0 ? cells * alive / carved : 0;
  cells = bytes_on(p->swapped, 0, carved * size);
  split[1].objects = carved != 0 ? cells * alive / carved : 0;
  return (uint32_t)alive;
}

/* ---- sums ---- */

static void add_kind(struct slab_shares *s, uint32_t kind, uint64_t mapped, uint64_t resident,
                     uint64_t swapped, bool trim) {
  struct dump_mapping *to = &s->kind[kind];
  to->mapped += mapped;
  to->resident += resident;
  to->anonymous += resident;
  to->swapped += swapped;
  to->trim += trim ? resident : 0;
}

static bool can_be_trimmed(const struct slab_shares *s, const struct heap *h) {
  return snapshot_may_walk(s->g, h);
}

static void finish(const struct page_bits *p, size_t cells, struct slab_split split[2]) {
  const uint32_t pages[] = {p->resident, p->swapped};
  for (unsigned i = 0; i < 2; i++) {
    split[i].free = bytes_on(pages[i], 0, cells) - split[i].objects - split[i].rounding;
    split[i].uncarved = bytes_on(pages[i], cells, SLAB_BYTES);
  }
}

static void add_cells(struct slab_shares *s, const struct slab *slab, unsigned class,
                      const struct page_bits *p) {
  size_t size = class_bytes(class);
  uint32_t carved = *(const volatile uint32_t *)&slab->carved, capacity = SLAB_BYTES / size;
  carved = carved < capacity ? carved : capacity;
  struct slab_split split[2] = {{0}};
  uint64_t requested = 0;
  uint32_t alive = slab_is_tagged(slab) ? split_tagged(s, slab, carved, size, p, split, &requested)
                                        : split_untagged(s, slab, carved, size, p, split);
  if (!slab_is_tagged(slab))
    requested = alive * size;
  finish(p, carved * size, split);
  bool trim = alive == 0 && can_be_trimmed(s, slab->owner);
  add_kind(s, DUMP_MAPPING_OBJECTS, requested, split[0].objects, split[1].objects, false);
  add_kind(s, DUMP_MAPPING_ROUNDING, alive * size - requested, split[0].rounding, split[1].rounding,
           false);
  add_kind(s, alive != 0 ? DUMP_MAPPING_PINNED : DUMP_MAPPING_FREE, (carved - alive) * size,
           split[0].free, split[1].free, trim);
  add_kind(s, DUMP_MAPPING_UNCARVED, SLAB_BYTES - carved * size, split[0].uncarved,
           split[1].uncarved, trim);
}

/* The pages from start to end of the slab at `at`, a bit for each page of the slab. */
static struct page_bits bits_of(struct slab_shares *s, uintptr_t at, uintptr_t start,
                                uintptr_t end) {
  unsigned skipped = (unsigned)((start - at) / PAGE_BYTES);
  struct page_bits b = page_states_bits(s->states, start, end);
  return (struct page_bits){b.resident << skipped, b.swapped << skipped, b.shared << skipped};
}

static void add_slab(struct slab_shares *s, uintptr_t at, uintptr_t start, uintptr_t end) {
  const struct slab *slab = slab_at(at - range.base);
  unsigned class = *(const volatile uint8_t *)&slab->class;
  struct page_bits p = bits_of(s, at, start, end);
  bool cells = at - range.base < range_span() && class != 0 && class <= CLASSES &&
               slab->owner != NULL && start == at && end == at + SLAB_BYTES;
  if (cells)
    add_cells(s, slab, class, &p);
  else
    add_kind(s, DUMP_MAPPING_EMPTY, end - start, bytes_on(p.resident, 0, SLAB_BYTES),
             bytes_on(p.swapped, 0, SLAB_BYTES), true);
  s->kind[cells ? DUMP_MAPPING_OBJECTS : DUMP_MAPPING_EMPTY].shared +=
      (uint64_t)__builtin_popcount(p.shared) * PAGE_BYTES;
}

void resident_slabs_add(struct slab_shares *s, uintptr_t start, uintptr_t end) {
  s->states->ahead = end;
  for (uintptr_t at = start; at < end;) {
    uintptr_t slab = at - (at - range.base) % SLAB_BYTES, next = slab + SLAB_BYTES;
    next = next < end ? next : end;
    add_slab(s, slab, at, next);
    at = next;
  }
  s->states->ahead = 0;
}
