/* Looks at jemalloc's pages; rules and contract in resident_large.h. */
#include "resident_large.h"
#include "large_tags.h"
#include "page_map.h"
#include "size_class.h"

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* a * part / whole, without overflow; part <= whole. */
static uint64_t share(uint64_t a, uint64_t part, uint64_t whole) {
  return whole == 0 ? a : (uint64_t)((__uint128_t)a * least(part, whole) / whole);
}

/* Is the page in memory?  In order, up to `end`. */
static bool is_present(struct large_pages *p, uintptr_t page, uintptr_t end) {
  uint64_t bytes;
  size_t n;
  if (seen_pages_sum(p->seen, page, page + PAGE_BYTES, &bytes))
    return bytes != 0;
  return *page_states_at(p->states, page, end, &n) & PAGE_PRESENT;
}

/* Of the tagged arena's objects each is smaller than a page. */
static size_t object_bytes(unsigned kind) {
  return kind == PAGE_TAGGED ? PAGE_BYTES : page_kind_bytes(page_kind_of_class(kind));
}

static void add_table(struct large_pages *p, uintptr_t page, uintptr_t end, bool some_shared) {
  size_t n;
  p->tables += PAGE_BYTES;
  if (some_shared && !(*page_states_at(p->states, page, end, &n) & PAGE_ALONE))
    p->tables_shared += PAGE_BYTES;
}

/* A large object may begin anywhere in its first page.  `some_shared`: some of the pages are not
 * alone, and it is worth a second look which. */
static void find_tables(struct large_pages *p, uintptr_t start, uintptr_t end, bool some_shared) {
  uintptr_t covered = start;
  for (uintptr_t at = start; at < end; at += PAGE_BYTES) {
    size_t object = object_bytes(page_kind((const void *)at));
    if (object != 0)
      covered = at + round_up(object, PAGE_BYTES) + PAGE_BYTES;
    else if (at >= covered && is_present(p, at, end))
      add_table(p, at, end, some_shared);
  }
}

void large_pages_add(struct large_pages *p, uintptr_t start, uintptr_t end) {
  uint64_t shared = p->sum.shared;
  p->states->seen = p->seen;
  resident_pages_add(p->states, &p->sum, start, end);
  p->states->seen = NULL;
  find_tables(p, start, end, p->sum.shared != shared);
}

/* ---- rows ---- */

static struct dump_mapping *put(struct resident_rows *rows, uint32_t kind, uint64_t mapped,
                                uint64_t resident) {
  struct dump_mapping *row = resident_row(rows, kind, "", 0);
  row->mapped = mapped;
  row->resident = row->anonymous = resident;
  row->count = 1;
  return row;
}

void large_pages_put(const struct large_pages *p, const struct jemalloc_figures *f,
                     struct resident_rows *rows) {
  uint64_t mapped = p->sum.mapped;
  if (mapped == 0)
    return;
  uint64_t tables = f->metadata != 0 ? least(p->tables, f->metadata) : p->tables;
  uint64_t pages = p->sum.resident - tables, dirty = least(f->dirty, pages);
  uint64_t live = count_less(f->allocated, f->cached);
  uint64_t objects = share(pages - dirty, live, f->active);
  uint64_t rest = mapped - p->sum.resident - p->sum.swapped; /* in neither memory nor swap */
  uint64_t more_tables = least(count_less(f->metadata, tables), rest);
  uint64_t more_live = least(f->active != 0 ? count_less(live, objects) : rest, rest - more_tables);
  uint64_t tables_shared = least(p->tables_shared, tables);
  uint64_t shared = p->sum.shared - tables_shared; /* objects' first, as free pages were written */
  struct dump_mapping *row =
      put(rows, DUMP_MAPPING_LARGE, objects + p->sum.swapped + more_live, objects);
  row->swapped = p->sum.swapped;
  row->shared = least(shared, objects);
  put(rows, DUMP_MAPPING_LARGE_TABLES, tables + more_tables, tables)->shared = tables_shared;
  row = put(rows, DUMP_MAPPING_LARGE_IDLE, pages - objects + rest - more_tables - more_live,
            pages - objects);
  row->shared = shared - least(shared, objects);
  row->trim = dirty;
}

/* ---- call sites ---- */

struct share_work {
  const struct large_pages *p;
  bool swapped;
  struct site_share *site;
  uint32_t first_site, sites;
};

/* Bytes of a page that an object from `start` to `end` has. */
static uint64_t on_page(uintptr_t page, uintptr_t start, uintptr_t end) {
  uintptr_t from = start > page ? start : page, to = page + PAGE_BYTES;
  return (end < to ? end : to) - from;
}

static void add_tagged(const struct large_tag *t, void *arg) {
  struct share_work *w = arg;
  if (t->site - w->first_site >= w->sites || t->cell != 0)
    return;
  struct site_share *to = &w->site[t->site - w->first_site];
  uint64_t resident;
  uintptr_t end = t->p + t->bytes, at = t->p & -(uintptr_t)PAGE_BYTES;
  if (t->bytes != 0 && seen_pages_sum(w->p->seen, t->p, end, &resident) &&
      (resident == t->bytes || !w->swapped)) {
    to->resident += resident;
    return;
  }
  while (at < end) {
    size_t n;
    const uint64_t *e = page_states_at(w->p->states, at, end, &n);
    for (size_t i = 0; i < n; i++, at += PAGE_BYTES) {
      if (e[i] & PAGE_PRESENT)
        to->resident += on_page(at, t->p, end);
      else if (e[i] & PAGE_SWAPPED)
        to->swapped += on_page(at, t->p, end);
    }
  }
}

void large_pages_share(const struct large_pages *p, bool swapped, struct site_share *site,
                       uint32_t first_site, uint32_t sites) {
  struct share_work w = {p, swapped, site, first_site, sites};
  page_states_forget(p->states);
  large_tags_each(add_tagged, &w);
}
