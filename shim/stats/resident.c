/* Walks over all mappings; picture and contract in resident.h. */
#include "resident.h"
#include "fork_gate.h"
#include "huge_pages.h"
#include "map_lines.h"
#include "mapping_kind.h"
#include "os.h"
#include "owned_ranges.h"
#include "page_map.h"
#include "resident_kernel.h"
#include "resident_large.h"
#include "resident_program.h"
#include "resident_zeros.h"
#include "sandbox.h"
#include "site_stats.h"
#include "slab_sums.h"
#include "walk_room.h"

#include <string.h>
#include <unistd.h>

enum { THREADS_MOST = 8 << 10 };

/* What the walk has of its scratch memory. */
struct room {
  size_t rows, entries, lines, owned, threads, sites, seen, bytes;
};

struct walk {
  struct resident *r;
  const struct snapshot *g;
  struct map_lines maps;
  struct row_source source;
  struct owned_ranges owned;
  struct program_pages program;
  struct slab_shares slabs;
  struct kernel_memory kernel;
  struct large_pages large;
  struct seen_pages seen;
};

/* ---- the library's own ---- */

static void add_huge(struct walk *w, uintptr_t start, uintptr_t end) {
  while (start < end) {
    uintptr_t until = end;
    bool idle = pages_idle_run(start, &until);
    struct dump_mapping *row =
        resident_row(w->r->table, idle ? DUMP_MAPPING_HUGE_IDLE : DUMP_MAPPING_HUGE, "", start);
    uint64_t before = row->resident;
    w->source.states.seen = &w->seen;
    resident_add(&w->source, row, start, until);
    w->source.states.seen = NULL;
    if (idle)
      row->trim += row->resident - before;
    start = until;
  }
}

static bool is_scratch(const struct walk *w, uintptr_t at) {
  return at - (uintptr_t)w->r->scratch.at < w->r->scratch.bytes;
}

static void add_own(struct walk *w, uint32_t kind, uintptr_t start, uintptr_t end) {
  if (kind == DUMP_MAPPING_OBJECTS)
    resident_slabs_add(&w->slabs, start, end);
  else if (kind == DUMP_MAPPING_HUGE)
    add_huge(w, start, end);
  else if (!is_scratch(w, start)) /* that is added at the end: it grows until then */
    resident_add_named(&w->source, kind, "", start, end);
}

/* ---- a mapping ---- */

static void add_part(struct walk *w, const struct map_line *l, uintptr_t start, uintptr_t end,
                     uint32_t owner) {
  if (owner != DUMP_MAPPING_NONE) {
    add_own(w, owner, start, end);
    program_pages_skip(&w->program, start, end);
    return;
  }
  while (start < end) {
    uintptr_t until = end;
    bool large = (l->path[0] == '\0' || l->path[0] == '[') && page_map_run(start, &until);
    if (large)
      large_pages_add(&w->large, start, until);
    else
      program_pages_add(&w->program, l, start, until);
    start = until;
  }
}

static void add_mapping(struct walk *w, struct map_line *l) {
  if (program_pages_hold(&w->program, l))
    return;
  /* Of pages of files mincore says whether anybody has them in memory. */
  w->source.sums = w->source.states.fd < 0 && !mapping_is_anonymous(l->path, l->shared) ? l : NULL;
  for (uintptr_t at = l->start; at < l->end;) {
    uintptr_t until = l->end;
    uint32_t owner = owned_range_at(&w->owned, at, &until);
    add_part(w, l, at, until, owner);
    at = until;
  }
  w->source.sums = NULL;
  program_pages_end(&w->program);
}

/* ---- the end ---- */

static void put_slabs(struct walk *w) {
  for (uint32_t k = DUMP_MAPPING_OBJECTS; k <= DUMP_MAPPING_EMPTY; k++)
    if (w->slabs.kind[k].mapped != 0) {
      struct dump_mapping *row = resident_row(w->r->table, k, "", range.base);
      w->slabs.kind[k].kind = k;
      w->slabs.kind[k].start = range.base;
      w->slabs.kind[k].count = 1;
      *row = w->slabs.kind[k];
    }
}

static void put_kernel(struct walk *w) {
  const struct kernel_memory *k = &w->kernel;
  resident_row(w->r->table, DUMP_MAPPING_PAGE_TABLES, "", 0)->resident = k->page_tables;
  struct dump_mapping *row = resident_row(w->r->table, DUMP_MAPPING_KERNEL, "", 0);
  row->mapped = k->size;
  row->resident = k->resident;
  row->swapped = k->swapped;
  row->anonymous = k->anonymous;
}

static void finish(struct walk *w) {
  program_pages_end(&w->program);
  put_slabs(w);
  large_pages_put(&w->large, &w->g->large, w->r->table);
  if (w->r->sites != 0)
    large_pages_share(&w->large, w->kernel.swapped != 0, w->r->site, 0, w->r->sites);
  uintptr_t scratch = (uintptr_t)w->r->scratch.at;
  page_states_forget(&w->source.states);
  resident_add_named(&w->source, DUMP_MAPPING_TABLES, "", scratch, scratch + w->r->scratch.bytes);
  kernel_memory_read(&w->kernel, w->maps.buffer, MAP_LINES_BYTES);
  resident_zeros_subtract(w->r->table, w->kernel.anonymous, w->source.states.core_suffices);
  if (w->source.states.fd < 0)
    resident_rows_forget_shared(w->r->table);
  put_kernel(w);
}

/* ---- memory ---- */

static size_t take(size_t *bytes, size_t more) {
  size_t at = *bytes;
  *bytes += round_up(more, CACHE_LINE);
  return at;
}

static uint32_t sites_wanted(void) { return range.has_tag_rows ? sites_window() : 0; }

static size_t threads_most(void) {
  return heap_count() < THREADS_MOST ? heap_count() : THREADS_MOST;
}

/* The others were given their room before, when there may have been fewer large objects. */
static size_t seen_bytes(void) {
  size_t taken = slab_sums_bytes() + sites_window() * (size_t)ROOM_SITE_BYTES;
  size_t room = count_less(ROOM_MOST, taken), bytes = walk_room_seen();
  return bytes < room ? bytes : room;
}

static struct room lay_out(size_t owned, uint32_t sites) {
  struct room m = {.bytes = 0};
  m.rows = take(&m.bytes, sizeof(struct resident_rows));
  m.entries = take(&m.bytes, PAGE_STATES_MOST * sizeof(uint64_t));
  m.lines = take(&m.bytes, MAP_LINES_BYTES);
  m.owned = take(&m.bytes, owned * sizeof(struct owned_range));
  m.threads = take(&m.bytes, threads_most() * sizeof(struct thread_place));
  m.sites = take(&m.bytes, sites * sizeof(struct site_share));
  m.seen = take(&m.bytes, seen_bytes());
  return m;
}

/* Where pagemap is closed, mincore says what anonymous memory is resident, and smaps the rest. */
static bool open_all(struct walk *w, const struct room *m) {
  char *at = w->r->scratch.at;
  if (!page_states_open(&w->source.states, (uint64_t *)(at + m->entries)))
    return false;
  if (map_lines_open(&w->maps, at + m->lines, w->source.states.fd < 0))
    return true;
  page_states_close(&w->source.states);
  return false;
}

static void walk_all(struct walk *w) {
  struct map_line l;
  while (map_lines_next(&w->maps, &l))
    if (l.start >> ADDRESS_BITS == 0) /* the last line is the kernel's */
      add_mapping(w, &l);
  finish(w);
  page_states_close(&w->source.states);
  map_lines_close(&w->maps);
}

static void prepare(struct walk *w, const struct room *m, size_t owned, uint32_t sites) {
  char *at = w->r->scratch.at;
  w->r->table = (struct resident_rows *)(at + m->rows);
  w->source.table = w->r->table;
  w->r->site = sites != 0 ? (struct site_share *)(at + m->sites) : NULL;
  w->r->first_site = 0;
  w->r->sites = sites;
  w->owned.item = (struct owned_range *)(at + m->owned);
  owned_ranges_read(&w->owned, owned);
  w->program.source = &w->source;
  w->program.threads.item = (struct thread_place *)(at + m->threads);
  thread_places_read(&w->program.threads, threads_most());
  w->program.self_thread = w->g->self_thread;
  w->program.main_thread = (uint32_t)getpid();
  w->seen.bits = (uint64_t *)(at + m->seen);
  w->seen.most = (m->bytes - m->seen) * 8;
  w->large.states = &w->source.states;
  w->large.seen = &w->seen;
  w->slabs.g = w->g;
  w->slabs.states = &w->source.states;
  w->slabs.site = w->r->site;
  w->slabs.sites = sites;
  kernel_memory_read(&w->kernel, at + m->lines, MAP_LINES_BYTES);
  w->source.states.core_suffices = w->kernel.resident != 0 && w->kernel.swapped == 0 &&
                                   !gate_has_forked() && !sandbox_forbids_mincore();
}

/* Its state is larger than a small stack has room for. */
static struct walk walk;

bool resident_read(struct resident *r, const struct snapshot *g) {
  size_t owned = owned_ranges_most();
  uint32_t sites = sites_wanted();
  struct room room = lay_out(owned, sites);
  r->table = NULL;
  memset(&walk, 0, sizeof walk);
  walk.r = r;
  walk.g = g;
  if (!scratch_map(&r->scratch, room.bytes))
    return false;
  if (!open_all(&walk, &room)) {
    resident_end(r);
    return false;
  }
  prepare(&walk, &room, owned, sites);
  walk_all(&walk);
  return true;
}

/* In a later window the kinds' sums grow again, which nobody reads any more. */
void resident_sites(struct resident *r, uint32_t first) {
  struct page_states *s = &walk.source.states;
  bool core_suffices = s->core_suffices;
  r->first_site = walk.slabs.first_site = first;
  memset(r->site, 0, r->sites * sizeof *r->site);
  if (!page_states_open(s, s->entry))
    return;
  s->core_suffices = core_suffices;
  resident_slabs_add(&walk.slabs, range.base,
                     range.base + atomic_load(&range.committed[SECTION_DATA]));
  large_pages_share(&walk.large, walk.kernel.swapped != 0, r->site, first, r->sites);
  page_states_close(s);
}

void resident_end(struct resident *r) {
  scratch_unmap(&r->scratch);
  r->table = NULL;
  r->site = NULL;
}
