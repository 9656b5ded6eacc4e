/* Collects and sorts intervals; contract in owned_ranges.h. */
#include "owned_ranges.h"
#include "huge.h"
#include "huge_pages.h"
#include "os.h"
#include "pieces.h"
#include "range.h"

enum { SPARE = 64 }; /* for mappings that are made meanwhile */

static size_t piece_count(void) {
  unsigned n = atomic_load(&pieces_head.pieces);
  return n < PIECES_MAX ? n : PIECES_MAX;
}

size_t owned_ranges_most(void) { return SECTIONS + piece_count() + os_owned_count() + SPARE; }

static void add(struct owned_ranges *o, size_t most, uintptr_t start, uintptr_t bytes,
                uint32_t kind) {
  if (bytes != 0 && o->count < most)
    o->item[o->count++] = (struct owned_range){start, start + bytes, kind};
}

static void add_sections(struct owned_ranges *o, size_t most) {
  for (enum section s = 0; s < SECTIONS && range.base != 0; s++)
    add(o, most, range_section_start(s), atomic_load(&range.committed[s]),
        s == SECTION_DATA   ? DUMP_MAPPING_OBJECTS
        : s == SECTION_TAGS ? DUMP_MAPPING_TAGS
                            : DUMP_MAPPING_ROWS);
}

/* Pieces of counts are a section of the range. */
static void add_pieces(struct owned_ranges *o, size_t most) {
  for (size_t i = 0; i < piece_count(); i++) {
    const struct piece *p = &pieces_head.piece[i];
    if (p->kind != PIECE_COUNTS)
      add(o, most, p->address, atomic_load(&p->bytes), DUMP_MAPPING_TABLES);
  }
}

static bool is_huge(uintptr_t start) {
  return huge_holds((const void *)start) || pages_around((const void *)start);
}

static void add_mapped(struct owned_ranges *o, size_t most) {
  for (unsigned i = 0; i < os_owned_count(); i++) {
    uintptr_t start = atomic_load(&os_owned[i].start), bytes = atomic_load(&os_owned[i].bytes);
    if (start > OS_OWNED_BUSY)
      add(o, most, start, bytes, is_huge(start) ? DUMP_MAPPING_HUGE : DUMP_MAPPING_TABLES);
  }
}

/* Shell's sort, with Knuth's distances: a few thousand items, mostly in order. */
static void sort(struct owned_range *item, size_t count) {
  size_t gap = 1;
  while (gap < count / 3)
    gap = gap * 3 + 1;
  for (; gap > 0; gap /= 3)
    for (size_t i = gap; i < count; i++) {
      struct owned_range r = item[i];
      size_t k = i;
      for (; k >= gap && item[k - gap].start > r.start; k -= gap)
        item[k] = item[k - gap];
      item[k] = r;
    }
}

void owned_ranges_read(struct owned_ranges *o, size_t most) {
  o->count = o->next = 0;
  add_sections(o, most);
  add_pieces(o, most);
  add_mapped(o, most);
  sort(o->item, o->count);
}

uint32_t owned_range_at(struct owned_ranges *o, uintptr_t at, uintptr_t *until) {
  while (o->next < o->count && o->item[o->next].end <= at)
    o->next++;
  const struct owned_range *r = &o->item[o->next];
  if (o->next == o->count)
    return DUMP_MAPPING_NONE;
  uintptr_t change = r->start > at ? r->start : r->end;
  *until = change < *until ? change : *until;
  return r->start > at ? DUMP_MAPPING_NONE : r->kind;
}
