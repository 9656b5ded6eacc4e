/* Walks over all mappings; picture and contract in resident.h. */
#include "resident.h"
#include "arena_name.h"
#include "fork_gate.h"
#include "huge.h"
#include "huge_pages.h"
#include "map_lines.h"
#include "mapping_kind.h"
#include "mapped_books.h"
#include "os.h"
#include "owned_ranges.h"
#include "page_map.h"
#include "path_tree.h"
#include "resident_kernel.h"
#include "resident_large.h"
#include "resident_threads.h"
#include "resident_zeros.h"
#include "sandbox.h"
#include "site_stats.h"

#include <string.h>
#include <unistd.h>

/* SEEN_MOST: pages of 8 GiB of large objects. */
enum { SITES_MOST = 16 << 10, THREADS_MOST = 8 << 10, SEEN_MOST = 2 << 20 };

/* What the walk has of its scratch memory. */
struct room {
  size_t rows, entries, lines, owned, threads, sites, seen, bytes;
};

struct walk {
  struct resident *r;
  const struct snapshot *g;
  struct map_lines maps;
  struct page_states states;
  struct owned_ranges owned;
  struct thread_places threads;
  struct slab_shares slabs;
  struct kernel_memory kernel;
  struct large_pages large;
  struct seen_pages seen;
  char file[ROWS_NAME_MAX + 1];     /* of the DATA whose end is `file_end` */
  uintptr_t file_end;               /* where a file's BSS may follow; 0: none */
  uintptr_t guard_start, guard_end; /* inaccessible, right before: a guard, or reserved; 0: none */
  uint32_t main_thread;
  struct map_line *sums; /* of the mapping that is added, where its pages cannot be asked about */
};

/* ---- rows ---- */

/* All of a mapping of which the kernel has said the sums: the first part gets them. */
static void add_sums(struct map_line *sums, struct dump_mapping *to, uintptr_t start,
                     uintptr_t end) {
  to->mapped += end - start;
  to->resident += sums->resident;
  to->anonymous += sums->anonymous;
  to->swapped += sums->swapped;
  to->count++;
  sums->resident = sums->anonymous = sums->swapped = 0;
}

static void add_pages(struct walk *w, struct dump_mapping *to, uintptr_t start, uintptr_t end) {
  if (w->sums != NULL) {
    add_sums(w->sums, to, start, end);
    return;
  }
  uintptr_t lowest = resident_pages_add(&w->states, to, start, end);
  if (to->kind == DUMP_MAPPING_STACK || to->kind == DUMP_MAPPING_MAIN_STACK)
    to->depth += lowest != 0 ? end - lowest : 0;
}

static void add_named(struct walk *w, uint32_t kind, const char *name, uintptr_t start,
                      uintptr_t end) {
  add_pages(w, resident_row(w->r->table, kind, name, start), start, end);
}

/* ---- files ---- */

/* Of a mapping that cannot be written, the pages that are not the file's were written before. */
static void split_relocated(struct walk *w, struct dump_mapping *row,
                            const struct dump_mapping *before, const char *path, uintptr_t start) {
  uint64_t bytes = row->anonymous - before->anonymous, shared = row->shared - before->shared;
  if (bytes == 0)
    return;
  row->anonymous -= bytes;
  row->resident -= bytes;
  row->mapped -= bytes;
  row->shared -= shared;
  struct dump_mapping *to = resident_row(w->r->table, DUMP_MAPPING_RELOCATED, path, start);
  to->mapped += bytes;
  to->resident += bytes;
  to->anonymous += bytes;
  to->shared += shared;
  to->count++;
}

static void add_file(struct walk *w, const struct map_line *l, uintptr_t start, uintptr_t end) {
  uint32_t kind = mapping_kind_of_file(l->path, l->writable, l->executable, l->shared);
  struct dump_mapping *row = resident_row(w->r->table, kind, l->path, start);
  struct dump_mapping before = *row;
  add_pages(w, row, start, end);
  if (kind == DUMP_MAPPING_READ_ONLY)
    split_relocated(w, row, &before, l->path, start);
  if (kind != DUMP_MAPPING_DATA)
    return;
  strncpy(w->file, l->path, ROWS_NAME_MAX);
  w->file_end = end;
}

/* ---- anonymous mappings ---- */

/* The main thread's control block lies in memory of the loader's, of a few pages. */
enum { TLS_MOST = 256 << 10 };

static bool add_stack(struct walk *w, const struct map_line *l, uintptr_t start, uintptr_t end) {
  unsigned threads;
  const struct thread_place *t = thread_place_in(&w->threads, start, end, &threads);
  if (t == NULL || (t->thread == w->main_thread && end - start > TLS_MOST))
    return false;
  if (t->thread == w->main_thread) {
    add_named(w, DUMP_MAPPING_TLS, "", start, end);
    return true;
  }
  char name[16];
  arena_name(heap_at(t->arena), w->g->self_thread, name);
  struct dump_mapping *row = resident_row(w->r->table, DUMP_MAPPING_STACK, name, start);
  add_pages(w, row, start, end);
  row->count += threads - 1;
  if (w->guard_end == start && l->start == start) {
    row->guard += w->guard_end - w->guard_start;
    w->guard_end = 0;
  }
  return true;
}

/* The site (DUMP_SITES index + 1) that mapped what lies at `at`; 0: not known.  *until is lowered
 * to where that changes. */
static uint32_t mapped_by(uintptr_t at, uintptr_t *until) {
  struct mapped_row row;
  if (mapped_read(at, &row, 1) != 1)
    return 0;
  uintptr_t change = row.start > at ? row.start : row.end;
  *until = change < *until ? change : *until;
  return row.start <= at && row.site != SITE_NONE && row.site < sites_count() ? row.site + 1 : 0;
}

/* Anonymous memory by the call sites that mapped it. */
static void add_by_caller(struct walk *w, uint32_t kind, uintptr_t start, uintptr_t end) {
  while (start < end) {
    uintptr_t until = end;
    uint32_t site = mapped_by(start, &until);
    if (site != 0)
      add_pages(w, resident_row_by_site(w->r->table, kind, site, start), start, until);
    else if (kind == DUMP_MAPPING_ANONYMOUS)
      add_pages(w, resident_row_anonymous(w->r->table, start), start, until);
    else
      add_named(w, kind, "", start, until);
    start = until;
  }
}

static void add_bracketed(struct walk *w, const struct map_line *l, uintptr_t start,
                          uintptr_t end) {
  uint32_t kind = mapping_kind_of_bracketed(l->path);
  if (kind == DUMP_MAPPING_NONE)
    return;
  if (kind == DUMP_MAPPING_BREAK)
    add_by_caller(w, kind, start, end);
  else
    add_named(w, kind, mapping_kind_has_name(kind) ? l->path : "", start, end);
}

/* A part of a mapping that is not the library's own. */
static void add_foreign(struct walk *w, const struct map_line *l, uintptr_t start, uintptr_t end) {
  if (l->path[0] == '[') {
    add_bracketed(w, l, start, end);
  } else if (l->path[0] != '\0') {
    add_file(w, l, start, end);
  } else if (w->file_end == start && l->writable) {
    add_named(w, DUMP_MAPPING_BSS, w->file, start, end);
    w->file_end = end;
  } else if (!add_stack(w, l, start, end)) {
    add_by_caller(w, DUMP_MAPPING_ANONYMOUS, start, end);
  }
}

/* ---- the library's own ---- */

static void add_huge(struct walk *w, uintptr_t start, uintptr_t end) {
  while (start < end) {
    uintptr_t until = end;
    bool idle = pages_idle_run(start, &until);
    struct dump_mapping *row =
        resident_row(w->r->table, idle ? DUMP_MAPPING_HUGE_IDLE : DUMP_MAPPING_HUGE, "", start);
    uint64_t before = row->resident;
    w->states.seen = &w->seen;
    add_pages(w, row, start, until);
    w->states.seen = NULL;
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
    add_named(w, kind, "", start, end);
}

/* ---- a mapping ---- */

static void add_part(struct walk *w, const struct map_line *l, uintptr_t start, uintptr_t end,
                     uint32_t owner) {
  if (owner != DUMP_MAPPING_NONE) {
    add_own(w, owner, start, end);
    if (w->file_end == start)
      w->file_end = end; /* tables in the library's own zero-initialized data */
    return;
  }
  while (start < end) {
    uintptr_t until = end;
    bool large = (l->path[0] == '\0' || l->path[0] == '[') && page_map_run(start, &until);
    if (large)
      large_pages_add(&w->large, start, until);
    else
      add_foreign(w, l, start, until);
    start = until;
  }
}

static void end_guard(struct walk *w) {
  if (w->guard_end != 0) {
    struct dump_mapping *row = resident_row(w->r->table, DUMP_MAPPING_RESERVED, "", w->guard_start);
    row->mapped += w->guard_end - w->guard_start;
    row->count++;
  }
  w->guard_end = 0;
}

static void add_mapping(struct walk *w, struct map_line *l) {
  /* That has no pages, or hardly any; what lies before a stack is its guard. */
  if (mapping_is_reserved(l->path, l->readable, l->writable, l->executable)) {
    end_guard(w);
    w->guard_start = l->start;
    w->guard_end = l->end;
    return;
  }
  if (w->guard_end != l->start)
    end_guard(w);
  /* Of pages of files mincore says whether anybody has them in memory. */
  w->sums = w->states.fd < 0 && !mapping_is_anonymous(l->path, l->shared) ? l : NULL;
  for (uintptr_t at = l->start; at < l->end;) {
    uintptr_t until = l->end;
    uint32_t owner = owned_range_at(&w->owned, at, &until);
    add_part(w, l, at, until, owner);
    at = until;
  }
  w->sums = NULL;
  end_guard(w);
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
  end_guard(w);
  put_slabs(w);
  large_pages_put(&w->large, &w->g->large, w->r->table);
  if (w->r->sites != 0)
    large_pages_share(&w->large, w->kernel.swapped != 0, w->r->site, w->r->sites);
  uintptr_t scratch = (uintptr_t)w->r->scratch.at;
  page_states_forget(&w->states);
  add_named(w, DUMP_MAPPING_TABLES, "", scratch, scratch + w->r->scratch.bytes);
  kernel_memory_read(&w->kernel, w->maps.buffer, MAP_LINES_BYTES);
  resident_zeros_subtract(w->r->table, w->kernel.anonymous, w->states.core_suffices);
  if (w->states.fd < 0)
    resident_rows_forget_shared(w->r->table);
  put_kernel(w);
}

/* ---- memory ---- */

static size_t take(size_t *bytes, size_t more) {
  size_t at = *bytes;
  *bytes += round_up(more, CACHE_LINE);
  return at;
}

static uint32_t sites_wanted(void) {
  return range.has_tag_rows && path_sites() <= SITES_MOST ? path_sites() : 0;
}

static size_t threads_most(void) {
  return heap_count() < THREADS_MOST ? heap_count() : THREADS_MOST;
}

/* Pages of large objects, in whole words. */
static size_t seen_most(void) {
  uint64_t pages = (page_map_mapped_bytes() + huge_mapped_bytes()) / PAGE_BYTES;
  return round_up(pages < SEEN_MOST ? pages : SEEN_MOST, 64);
}

static struct room lay_out(size_t owned, uint32_t sites) {
  struct room m = {.bytes = 0};
  m.rows = take(&m.bytes, sizeof(struct resident_rows));
  m.entries = take(&m.bytes, PAGE_STATES_MOST * sizeof(uint64_t));
  m.lines = take(&m.bytes, MAP_LINES_BYTES);
  m.owned = take(&m.bytes, owned * sizeof(struct owned_range));
  m.threads = take(&m.bytes, threads_most() * sizeof(struct thread_place));
  m.sites = take(&m.bytes, sites * sizeof(struct site_share));
  m.seen = take(&m.bytes, seen_most() / 8);
  return m;
}

/* Where pagemap is closed, mincore says what anonymous memory is resident, and smaps the rest. */
static bool open_all(struct walk *w, const struct room *m) {
  char *at = w->r->scratch.at;
  if (!page_states_open(&w->states, (uint64_t *)(at + m->entries)))
    return false;
  if (map_lines_open(&w->maps, at + m->lines, w->states.fd < 0))
    return true;
  page_states_close(&w->states);
  return false;
}

static void walk_all(struct walk *w) {
  struct map_line l;
  while (map_lines_next(&w->maps, &l))
    if (l.start >> ADDRESS_BITS == 0) /* the last line is the kernel's */
      add_mapping(w, &l);
  finish(w);
  page_states_close(&w->states);
  map_lines_close(&w->maps);
}

static void prepare(struct walk *w, const struct room *m, size_t owned, uint32_t sites) {
  char *at = w->r->scratch.at;
  w->r->table = (struct resident_rows *)(at + m->rows);
  w->r->site = sites != 0 ? (struct site_share *)(at + m->sites) : NULL;
  w->r->sites = sites;
  w->owned.item = (struct owned_range *)(at + m->owned);
  owned_ranges_read(&w->owned, owned);
  w->threads.item = (struct thread_place *)(at + m->threads);
  thread_places_read(&w->threads, threads_most());
  w->seen.bits = (uint64_t *)(at + m->seen);
  w->seen.most = (m->bytes - m->seen) * 8;
  w->large.states = &w->states;
  w->large.seen = &w->seen;
  w->slabs.g = w->g;
  w->slabs.states = &w->states;
  w->slabs.site = w->r->site;
  w->slabs.sites = sites;
  w->main_thread = (uint32_t)getpid();
  kernel_memory_read(&w->kernel, at + m->lines, MAP_LINES_BYTES);
  w->states.core_suffices = w->kernel.resident != 0 && w->kernel.swapped == 0 &&
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

void resident_end(struct resident *r) {
  scratch_unmap(&r->scratch);
  r->table = NULL;
  r->site = NULL;
}
