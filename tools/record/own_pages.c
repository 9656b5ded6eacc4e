/* Shares out the pages of the library's own; contract in own_pages.h. */
#include "own_pages.h"
#include "mapping_rows.h"

enum { SLAB = 64 << 10, SLAB_PAGES = SLAB / PROCESS_PAGE };

/* ---- slabs ---- */

/* Bytes of a slab's front, of `bytes` bytes, on those pages. */
static uint64_t bytes_on(uint32_t pages, uint64_t bytes) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < SLAB_PAGES && (uint64_t)i * PROCESS_PAGE < bytes; i++)
    if (pages >> i & 1) {
      uint64_t left = bytes - (uint64_t)i * PROCESS_PAGE;
      sum += left < PROCESS_PAGE ? left : PROCESS_PAGE;
    }
  return sum;
}

static void add_kind(struct own_pages *o, uint32_t kind, uint64_t mapped, uint64_t resident,
                     uint64_t swapped) {
  o->kind[kind].mapped += mapped;
  o->kind[kind].resident += resident;
  o->kind[kind].anonymous += resident;
  o->kind[kind].swapped += swapped;
  o->kind[kind].count = 1;
}

static uint64_t used_cells(const struct record_slab *s, uint64_t address) {
  bool recycles = s->freed_to != address + offsetof(struct record_slab, free);
  int64_t used = (int64_t)(recycles ? s->start : s->countdown) + s->uncounted;
  return used < 0 ? 0 : (uint64_t)used < s->carved ? (uint64_t)used : s->carved;
}

static void add_slab(struct own_pages *o, uint64_t index, uint32_t resident, uint32_t swapped) {
  const struct record_process *p = o->process;
  const struct record_slab *s = process_owner_slab(o->owners, index);
  uint64_t size = s != NULL ? s->size_class * UINT64_C(16) : 0;
  if (s == NULL || s->owner == 0 || size == 0 || s->carved * size > SLAB || s->carved == 0) {
    uint64_t all = bytes_on(resident, SLAB);
    add_kind(o, DUMP_MAPPING_EMPTY, SLAB, all, bytes_on(swapped, SLAB));
    o->kind[DUMP_MAPPING_EMPTY].trim += size == 0 ? all : 0;
    return;
  }
  uint64_t used = used_cells(s, p->slabs_at + index * sizeof *s), cells = s->carved * size;
  uint64_t in = bytes_on(resident, cells), out = bytes_on(swapped, cells);
  uint64_t live = in * used / s->carved, live_out = out * used / s->carved;
  add_kind(o, DUMP_MAPPING_OBJECTS, used * size, live, live_out);
  add_kind(o, used != 0 ? DUMP_MAPPING_PINNED : DUMP_MAPPING_FREE, cells - used * size, in - live,
           out - live_out);
  add_kind(o, DUMP_MAPPING_UNCARVED, SLAB - cells, bytes_on(resident, SLAB) - in,
           bytes_on(swapped, SLAB) - out);
}

static void add_slabs(struct own_pages *o, uint64_t start, uint64_t end) {
  uint64_t data = o->process->data_at;
  o->pages->ahead = end;
  for (uint64_t at = start; at < end; at += SLAB) {
    uint32_t resident = 0, swapped = 0;
    for (unsigned i = 0; i < SLAB_PAGES && at + i * PROCESS_PAGE < end;) {
      size_t n;
      const uint64_t *e = process_pages_at(o->pages, at + (uint64_t)i * PROCESS_PAGE,
                                           at + SLAB < end ? at + SLAB : end, &n);
      for (size_t j = 0; j < n; j++, i++) {
        resident |= (uint32_t)((e[j] & PAGE_PRESENT) != 0) << i;
        swapped |= (uint32_t)((e[j] & (PAGE_PRESENT | PAGE_SWAPPED)) == PAGE_SWAPPED) << i;
      }
    }
    add_slab(o, (at - data) / SLAB, resident, swapped);
  }
  o->pages->ahead = 0;
}

/* ---- other parts ---- */

/* Pages where no object begins or began, and that none covers, are jemalloc's tables. */
static void add_large(struct own_pages *o, uint64_t start, uint64_t end) {
  uint64_t covered = start;
  for (uint64_t at = start; at < end;) {
    size_t n;
    const uint64_t *e = process_pages_at(o->pages, at, end, &n);
    for (size_t i = 0; i < n; i++, at += PROCESS_PAGE) {
      uint64_t object = process_owner_object(o->owners, at);
      if (object != 0)
        covered = at + object + 2 * PROCESS_PAGE - 1;
      struct dump_mapping *to =
          &o->kind[at < covered ? DUMP_MAPPING_LARGE : DUMP_MAPPING_LARGE_TABLES];
      to->mapped += PROCESS_PAGE;
      to->count = 1;
      mapping_add_page(to, e[i]);
    }
  }
}

void own_pages_add(struct own_pages *o, uint32_t kind, uint64_t start, uint64_t end) {
  if (kind == DUMP_MAPPING_OBJECTS)
    add_slabs(o, start, end);
  else if (kind == DUMP_MAPPING_LARGE)
    add_large(o, start, end);
  else
    mapping_add_pages(o->pages, &o->kind[kind], start, end);
}

/* ---- the end ---- */

/* The page map does not say where objects of up to 4 KiB with an alignment lie, so that their pages
 * look like tables.  Of these jemalloc has a fiftieth of its pages; what is far above is objects.
 */
static void limit_tables(struct dump_mapping *tables, struct dump_mapping *objects) {
  uint64_t most = (tables->resident + objects->resident) / 24 + (1 << 20);
  if (tables->resident <= most)
    return;
  uint64_t moved = tables->resident - most;
  objects->mapped += tables->mapped - most;
  tables->mapped = most;
  tables->resident -= moved;
  objects->resident += moved;
  moved = moved < tables->anonymous ? moved : tables->anonymous;
  tables->anonymous -= moved;
  objects->anonymous += moved;
}

void own_pages_put(struct own_pages *o, struct image *image) {
  limit_tables(&o->kind[DUMP_MAPPING_LARGE_TABLES], &o->kind[DUMP_MAPPING_LARGE]);
  for (uint32_t kind = 1; kind <= DUMP_MAPPING_TABLES; kind++)
    if (o->kind[kind].mapped != 0) {
      struct dump_mapping *to = mapping_row(image, kind, "", 0);
      *to = o->kind[kind];
      to->kind = kind;
      if (kind == DUMP_MAPPING_HUGE_IDLE)
        to->trim = to->resident;
    }
}
