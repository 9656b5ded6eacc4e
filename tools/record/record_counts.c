/* Arenas, size classes, ledger and health, from counters; contract in record_parts.h. */
#include "record_parts.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* ---- slabs ---- */

/* What the slabs of an arena have freed and no counter has; of a process that was running. */
struct waiting {
  uint64_t cells[RECORD_CLASSES];    /* free cells in slabs */
  uint64_t recycled[RECORD_CLASSES]; /* frees, and allocations, of cells that no list was cut for */
};

static void add_slab(const struct record_slab *s, uint64_t address, struct waiting *to) {
  bool recycles = s->freed_to != address + offsetof(struct record_slab, free);
  int64_t recycled = recycles ? (int64_t)s->start - s->countdown : 0;
  int64_t used = (int64_t)(recycles ? s->start : s->countdown) + s->uncounted;
  if (used < 0 || used > s->carved || recycled < 0)
    return; /* it changed while it was read */
  to->cells[s->size_class] += s->carved - (uint64_t)used;
  to->recycled[s->size_class] += (uint64_t)recycled;
}

static void add_slabs(const struct record_work *w, const struct memory_piece *p,
                      struct waiting *arenas) {
  uint64_t heaps = record_process(w)->heaps_at;
  for (size_t at = 0; at + sizeof(struct record_slab) <= p->bytes;
       at += sizeof(struct record_slab)) {
    struct record_slab s;
    memcpy(&s, p->at + at, sizeof s);
    uint64_t arena = (s.owner - heaps) / RECORD_COUNTS_BYTES;
    if (s.owner >= heaps && arena < RECORD_ARENAS_MOST && s.size_class > 0 &&
        s.size_class < RECORD_CLASSES)
      add_slab(&s, p->address + at, &arenas[arena]);
  }
}

/* By arena, to be freed; all zero of a record. */
static struct waiting *read_slabs(const struct record_work *w) {
  struct waiting *arenas = must_zalloc(RECORD_ARENAS_MOST, sizeof *arenas);
  for (unsigned i = 0; i < w->m->pieces; i++)
    if (w->m->piece[i].kind == RECORD_SLABS)
      add_slabs(w, &w->m->piece[i], arenas);
  return arenas;
}

/* ---- arenas ---- */

/* Where the counts of arena 0 lie: the lowest of their pieces. */
static uint64_t first_address(const struct memory *m) {
  uint64_t first = UINT64_MAX;
  for (unsigned i = 0; i < m->pieces; i++)
    if (m->piece[i].kind == RECORD_COUNTS && m->piece[i].address < first)
      first = m->piece[i].address;
  return first;
}

static bool is_used(const struct record_counts *c) {
  bool used = c->threads != 0 || c->large_allocs != 0;
  for (unsigned k = 1; k < RECORD_CLASSES && !used; k++)
    used = c->passed[k] != 0;
  return used;
}

/* Calls visit for each arena that was ever used. */
static void each_arena(struct record_work *w, void (*visit)(struct record_work *w, uint32_t number,
                                                            const struct record_counts *c,
                                                            const struct waiting *waiting)) {
  struct waiting *waiting = read_slabs(w);
  uint64_t first = first_address(w->m);
  for (unsigned i = 0; i < w->m->pieces; i++) {
    const struct memory_piece *p = &w->m->piece[i];
    if (p->kind != RECORD_COUNTS)
      continue;
    for (size_t at = 0; at + RECORD_COUNTS_BYTES <= p->bytes; at += RECORD_COUNTS_BYTES) {
      struct record_counts c;
      memcpy(&c, p->at + at, sizeof c);
      uint64_t number = (p->address - first + at) / RECORD_COUNTS_BYTES;
      if (number < RECORD_ARENAS_MOST && is_used(&c))
        visit(w, (uint32_t)number, &c, &waiting[number]);
    }
  }
  free(waiting);
}

/* Numbers are indices: arenas that were never used, and lie between, get empty items. */
static struct dump_arena *arena_item(struct record_work *w, uint32_t number) {
  while (image_items(w->image, DUMP_ARENAS) <= number) {
    uint32_t next = (uint32_t)image_items(w->image, DUMP_ARENAS);
    ((struct dump_arena *)image_add(w->image, DUMP_ARENAS))->number = next;
  }
  return image_item(w->image, DUMP_ARENAS, number);
}

struct class_sums {
  uint64_t allocs, frees, live, carved;
};

static struct class_sums class_sums(const struct record_counts *c, unsigned k,
                                    const struct waiting *waiting) {
  uint64_t frees = (int64_t)c->freed[k] > 0 ? record_less(c->freed[k], c->forked[k]) : 0;
  uint64_t allocs = record_less(c->known[k], c->forked[k]) + waiting->recycled[k];
  frees += waiting->cells[k] + waiting->recycled[k];
  uint64_t carved = (int64_t)(c->passed[k] - c->freed[k]) > 0 ? c->passed[k] - c->freed[k] : 0;
  uint64_t live = record_less(allocs, frees);
  return (struct class_sums){allocs, frees, live < carved ? live : carved, carved};
}

/* Without all tags these are the arena's figures; with them its accounts are (record_accounts). */
static void add_untagged(struct dump_arena *to, const struct record_counts *c,
                         const struct waiting *waiting) {
  for (unsigned k = 1; k < RECORD_CLASSES; k++) {
    struct class_sums s = class_sums(c, k, waiting);
    to->total_allocs += s.allocs;
    to->frees += s.frees;
    to->live_objects += s.live;
    to->total_size += s.allocs * k * 16;
    to->live_bytes += s.live * k * 16;
  }
  to->live_rounded = to->live_bytes;
  to->peak_bytes = c->carved_peak > to->live_bytes ? c->carved_peak : to->live_bytes;
}

static void add_class(struct record_work *w, unsigned k, const struct class_sums *s) {
  size_t n = image_items(w->image, DUMP_CLASSES);
  struct dump_class *to = NULL;
  for (size_t i = 0; i < n && to == NULL; i++) {
    struct dump_class *item = image_item(w->image, DUMP_CLASSES, i);
    to = item->cell_bytes == k * 16 ? item : NULL;
  }
  if (to == NULL)
    to = image_add(w->image, DUMP_CLASSES);
  to->cell_bytes = k * 16;
  to->in_use += s->live;
  to->free += s->carved - s->live;
  to->allocs += s->allocs;
  to->frees += s->frees;
}

static void arena(struct record_work *w, uint32_t number, const struct record_counts *c,
                  const struct waiting *waiting) {
  struct dump_arena *to = arena_item(w, number);
  to->name = image_text(w->image, c->name, sizeof c->name);
  to = image_item(w->image, DUMP_ARENAS, number);
  to->threads = c->threads;
  to->flags = c->thread != 0 ? DUMP_ARENA_RUNNING : 0;
  to->total_blocks = c->total_blocks;
  to->total_block_size = c->total_blocks * record_process(w)->block_bytes;
  to->total_big_blocks = c->large_allocs;
  w->plain[number] = record_is_attached(w) && c->tagged == 0;
  if (w->plain[number]) {
    to->peak_bytes = c->carved_peak;
    to->flags |= DUMP_ARENA_PEAK_BOUND;
  } else if (record_is_whole(w)) {
    to->peak_bytes = c->live_peak;
  } else {
    add_untagged(to, c, waiting);
    to->flags |= DUMP_ARENA_PEAK_BOUND;
  }
  for (unsigned k = 1; k < RECORD_CLASSES; k++) {
    struct class_sums s = class_sums(c, k, waiting);
    to->remote_frees += record_less(c->remote[k], c->forked_remote[k]);
    if (s.allocs != 0 || s.carved != 0)
      add_class(w, k, &s);
  }
  w->live_bytes += record_is_tagged(w) ? 0 : to->live_bytes;
  w->live_objects += record_is_tagged(w) ? 0 : to->live_objects;
}

void record_counts(struct record_work *w) { each_arena(w, arena); }

/* ---- before somebody attached ---- */

/* What lives now has lived at each moment since: the peak's among them. */
static void add_before(struct record_work *w, uint32_t arena, unsigned k, uint64_t allocs,
                       uint64_t live, uint64_t bytes) {
  size_t sites = image_items(w->image, DUMP_SITES) - RECORD_CLASSES;
  if (allocs == 0)
    return;
  record_account_add(w, &(struct dump_account){.arena = arena,
                                               .site = (uint32_t)(sites + k),
                                               .allocs = allocs,
                                               .frees = allocs - live,
                                               .bytes = k != 0 ? allocs * k * 16 : bytes,
                                               .live_objects = live,
                                               .live_bytes = bytes,
                                               .live_rounded = bytes,
                                               .peak_bytes = bytes,
                                               .at_peak_objects = live,
                                               .at_peak_bytes = bytes,
                                               .smallest = k * 16,
                                               .largest = k * 16,
                                               .large_allocs = k == 0 ? allocs : 0});
}

static void arena_before(struct record_work *w, uint32_t number, const struct record_counts *c,
                         const struct waiting *waiting) {
  for (unsigned k = 1; k < RECORD_CLASSES && w->plain[number]; k++) {
    struct class_sums s = class_sums(c, k, waiting);
    add_before(w, number, k, s.allocs, s.live, s.live * k * 16);
  }
}

/* Large objects without a tag; whose they are is not known, nor the bytes of those that were freed.
 * Requests with a tag are in accounts; in the child of a fork not all, and then those that live
 * count. */
struct large {
  uint64_t allocs, frees, tagged, tagged_bytes;
};
static struct large large;

static void add_large(struct record_work *w, uint32_t number, const struct record_counts *c,
                      const struct waiting *waiting) {
  (void)w, (void)number, (void)waiting;
  large.allocs += c->large_allocs;
  large.frees += c->large_frees;
  large.tagged += c->large_tagged;
  large.tagged_bytes += c->large_tagged_bytes;
}

static uint64_t large_with_accounts(const struct record_work *w) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < w->m->pieces; i++) {
    const struct memory_piece *p = &w->m->piece[i];
    struct record_account a;
    for (size_t at = 0; p->kind == RECORD_ACCOUNTS && at + sizeof a <= p->bytes; at += sizeof a) {
      memcpy(&a, p->at + at, sizeof a);
      sum += a.arena < RECORD_ARENAS_MOST && !w->plain[a.arena] ? a.large_allocs : 0;
    }
  }
  return sum;
}

static void large_before(struct record_work *w) {
  const struct record_process *p = record_process(w);
  large = (struct large){0};
  each_arena(w, add_large);
  uint64_t live = record_less(record_less(large.allocs, large.frees), large.tagged);
  uint64_t bytes = record_less(p->large_live, large.tagged_bytes);
  uint64_t allocs = record_less(large.allocs, large_with_accounts(w));
  bool is_child = (p->flags & DUMP_FORK_CHILD) != 0;
  add_before(w, 0, 0, is_child || allocs < live ? live : allocs, live, live != 0 ? bytes : 0);
}

void record_before(struct record_work *w) {
  if (!record_is_attached(w) || image_items(w->image, DUMP_ARENAS) == 0)
    return;
  for (unsigned k = 0; k < RECORD_CLASSES; k++)
    ((struct dump_site *)image_add(w->image, DUMP_SITES))->kind = DUMP_SITE_BEFORE;
  each_arena(w, arena_before);
  large_before(w);
}

/* ---- the ledger ---- */

static void line(struct record_work *w, const char *name, enum dump_ledger_kind kind,
                 uint64_t bytes) {
  uint32_t text = image_text(w->image, name, 255);
  *(struct dump_ledger *)image_add(w->image, DUMP_LEDGER) =
      (struct dump_ledger){.name = text, .kind = kind, .bytes = bytes};
}

/* The gauges are a moment older than the counters, so that a part may be larger than its whole. */
void record_ledger(struct record_work *w, uint64_t resident) {
  const struct record_process *p = record_process(w);
  uint64_t live = 0, idle = 0;
  for (size_t i = 0; i < image_items(w->image, DUMP_CLASSES); i++) {
    const struct dump_class *c = image_item(w->image, DUMP_CLASSES, i);
    live += c->in_use * c->cell_bytes;
    idle += c->free * c->cell_bytes;
  }
  uint64_t rest = record_less(p->span_bytes, live + idle);
  uint64_t sum = live + idle + rest + p->tables_bytes + p->large_mapped;
  line(w, "allocated cells", DUMP_LEDGER_LINE, live);
  line(w, "free cells", DUMP_LEDGER_LINE, idle);
  line(w, "parts of blocks that are no cells", DUMP_LEDGER_LINE, rest);
  line(w, "tags: accounts, paths, modules", DUMP_LEDGER_LINE, p->tables_bytes);
  line(w, "jemalloc: by the counter at its mmap", DUMP_LEDGER_LINE, p->large_mapped);
  line(w, "metadata, and a tag each cell: all else that is mapped", DUMP_LEDGER_LINE,
       record_less(p->mapped, sum));
  line(w, "mapped, by the counter at mmap and munmap", DUMP_LEDGER_TOTAL,
       p->mapped > sum ? p->mapped : sum);
  line(w, "resident size of the process, by the kernel", DUMP_LEDGER_RESIDENT, resident);
}

/* ---- health ---- */

void record_health(struct record_work *w) {
  static const struct {
    const char *name;
    uint32_t flags;
  } lines[] = {RECORD_HEALTH};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    uint32_t name = image_text(w->image, lines[i].name, 255);
    *(struct dump_health *)image_add(w->image, DUMP_HEALTH) = (struct dump_health){
        .name = name, .flags = lines[i].flags, .count = record_process(w)->health[i]};
  }
  if (w->m->missing == 0)
    return;
  uint32_t name = image_text(w->image, "parts of the record that found no room in its file", 255);
  *(struct dump_health *)image_add(w->image, DUMP_HEALTH) =
      (struct dump_health){.name = name, .flags = DUMP_PROBLEM, .count = w->m->missing};
}
