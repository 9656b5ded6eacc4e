/* Reading accounts and tags; contract in site_stats.h. */
#include "site_stats.h"
#include "os.h"
#include "path_tree.h"
#include "report_lock.h"
#include "scratch.h"

#include <errno.h>
#include <string.h>

/* What the tags of an arena say of a site. */
struct scanned {
  uint64_t pinned, rounding;
  uint64_t mailed, mailed_bytes, mailed_cells; /* freed, but alive in its account */
};

/* So many, where the system refuses memory. */
enum { SITES_KEPT = 8192 };
static _Alignas(PAGE_BYTES) char kept_scan[SITES_KEPT * sizeof(struct scanned)];
static _Alignas(PAGE_BYTES) char kept_sum[SITES_KEPT * sizeof(struct site_line)];

static struct {
  struct report_lock lock;
  uint32_t count;
  struct scratch scan, sum; /* where these lie: */
  struct scanned *scanned;  /* by site, of the arena scanned last */
  struct site_line *total;  /* by site; NULL until sites_add_up */
  uint64_t unpinned;
  uint64_t class_bytes[CLASS_SLOTS]; /* requested, alive */
} sites = {.lock = REPORT_LOCK_FREE, .scan = SCRATCH(kept_scan), .sum = SCRATCH(kept_sum)};

uint64_t sites_bytes(void) { return scratch_mapped(&sites.scan) + scratch_mapped(&sites.sum); }
uint32_t sites_count(void) { return sites.count; }
uint64_t sites_class_bytes(unsigned c) { return sites.class_bytes[c]; }
uint64_t sites_unpinned(void) { return sites.unpinned; }

static int prepare(void) {
  sites.count = path_sites();
  sites.total = NULL;
  memset(sites.class_bytes, 0, sizeof sites.class_bytes);
  if (!scratch_map(&sites.scan, sites.count * sizeof *sites.scanned))
    return ENOMEM;
  sites.scanned = (struct scanned *)sites.scan.at;
  return 0;
}

int sites_begin(unsigned patience_ms) {
  if (!report_lock_take(&sites.lock, patience_ms))
    return EBUSY;
  int error = prepare();
  if (error != 0)
    report_lock_release(&sites.lock);
  return error;
}

int sites_again(void) {
  scratch_unmap(&sites.scan);
  scratch_unmap(&sites.sum);
  return prepare();
}

void sites_end(void) {
  scratch_unmap(&sites.scan);
  scratch_unmap(&sites.sum);
  report_lock_release(&sites.lock);
}

void sites_forget(void) {
  if (!report_lock_fork_child(&sites.lock))
    return;
  scratch_unmap(&sites.scan);
  scratch_unmap(&sites.sum);
}

/* ---- tags ---- */

/* A slab's carved cells, as they were a moment ago; it may change while it is looked at. */
struct cells {
  const volatile tag_t *tags;
  uint32_t carved;
  uint64_t size;
};

static bool slab_cells(const struct slab *s, struct cells *out) {
  unsigned c = *(const volatile uint8_t *)&s->class;
  if (c == 0 || c > CLASSES)
    return false;
  uint32_t capacity = (uint32_t)(SLAB_BYTES / class_bytes(c));
  uint32_t carved = *(const volatile uint32_t *)&s->carved;
  *out = (struct cells){tag_row(s), carved < capacity ? carved : capacity, class_bytes(c)};
  return true;
}

static void each_slab(const struct heap *h, void (*visit)(const struct cells *, void *),
                      void *arg) {
  struct cells cells;
  for (size_t i = 0; range.tagged && i < block_count(); i++) {
    const struct block *b = block_at(i);
    if (atomic_load_explicit(&b->owner, memory_order_acquire) != h)
      continue;
    size_t passed = *(const volatile size_t *)&b->ab_offset;
    for (size_t at = 0; at < passed; at += SLAB_BYTES)
      if (slab_cells(slab_at((i << range.block_shift) + at), &cells))
        visit(&cells, arg);
  }
}

static bool is_known(tag_t t) { return tag_site(t) < sites.count; }

/* Counts the cells of each site, and which are free; returns how many are alive. */
static uint32_t scan_cells(const struct cells *s) {
  uint32_t alive = 0;
  for (uint32_t i = 0; i < s->carved; i++) {
    tag_t t = s->tags[i];
    struct scanned *site = &sites.scanned[is_known(t) ? tag_site(t) : 0];
    if (tag_is_alive(t)) {
      alive++;
      sites.class_bytes[s->size / GRAIN] += tag_bytes(t);
      site->rounding += s->size > tag_bytes(t) ? s->size - tag_bytes(t) : 0;
    } else if (t != 0) {
      site->mailed++;
      site->mailed_bytes += tag_bytes(t);
      site->mailed_cells += s->size;
    }
  }
  return alive;
}

static void scan_slab(const struct cells *s, void *unused) {
  (void)unused;
  uint32_t alive = scan_cells(s);
  uint64_t bytes = (s->carved - alive) * s->size, given = 0, seen = 0;
  for (uint32_t i = 0; i < s->carved && seen < alive; i++) {
    tag_t t = s->tags[i];
    if (!tag_is_alive(t) || !is_known(t))
      continue;
    uint64_t share = ++seen * bytes / alive;
    sites.scanned[tag_site(t)].pinned += share - given;
    given = share;
  }
  sites.unpinned += bytes - given;
}

void sites_scan(const struct heap *h) {
  for (uint32_t i = 0; i < sites.count; i++)
    sites.scanned[i] = (struct scanned){0};
  sites.unpinned = 0;
  each_slab(h, scan_slab, NULL);
}

static void add_mailed(const struct cells *s, void *scanned) {
  struct scanned *sum = scanned;
  for (uint32_t i = 0; i < s->carved; i++) {
    tag_t t = s->tags[i];
    if (t == 0 || tag_is_alive(t))
      continue;
    sum->mailed++;
    sum->mailed_bytes += tag_bytes(t);
    sum->mailed_cells += s->size;
  }
}

/* ---- accounts ---- */

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

static void read_sizes(const struct account *a, struct site_line *line) {
  line->smallest = UINT64_MAX;
  if (a->smallest != NO_SMALL) {
    line->smallest = a->smallest;
    line->largest = a->largest;
  }
  if (a->large_largest != 0) {
    line->smallest = least(line->smallest, a->large_smallest);
    line->largest = most(line->largest, a->large_largest);
  }
}

/* Of a word that was read while it changed. */
static uint64_t not_negative(uint64_t n) { return (int64_t)n < 0 ? 0 : n; }

static void take_mailed(struct site_line *line, const struct scanned *s) {
  line->frees = least(line->frees + s->mailed, line->allocs);
  line->live_bytes = count_less(not_negative(line->live_bytes), s->mailed_bytes);
  line->live_cells = count_less(not_negative(line->live_cells), s->mailed_cells);
}

/* False: it never asked for anything. */
static bool read_account(const struct account *live, struct site_line *line) {
  struct account a;
  account_read(live, &a);
  if (a.allocs == 0)
    return false;
  *line = (struct site_line){.allocs = a.allocs,
                             .frees = a.frees,
                             .bytes = a.bytes,
                             .live_bytes = a.live_bytes,
                             .live_cells = a.live_cells,
                             .peak_bytes = a.peak_bytes,
                             .held_bytes = not_negative(a.peak_held_bytes),
                             .held_objects = not_negative(a.peak_held_objects),
                             .temporary = a.temporary,
                             .large_allocs = a.large_allocs,
                             .arenas = 1};
  read_sizes(&a, line);
  return true;
}

bool sites_line(const struct heap *h, uint32_t site, struct site_line *line) {
  const struct account *live = h->books.index == NULL ? NULL : account_at(&h->books, site);
  if (live == NULL || !read_account(live, line))
    return false;
  line->rounding = sites.scanned[site].rounding;
  line->pinned = sites.scanned[site].pinned;
  take_mailed(line, &sites.scanned[site]);
  return true;
}

static void add(struct site_line *sum, const struct site_line *line) {
  bool first = sum->arenas == 0;
  sum->allocs += line->allocs;
  sum->frees += line->frees;
  sum->bytes += line->bytes;
  sum->live_bytes += line->live_bytes;
  sum->live_cells += line->live_cells;
  sum->peak_bytes += line->peak_bytes;
  sum->held_bytes += line->held_bytes;
  sum->held_objects += line->held_objects;
  sum->temporary += line->temporary;
  sum->large_allocs += line->large_allocs;
  sum->rounding += line->rounding;
  sum->pinned += line->pinned;
  sum->arenas += line->arenas;
  sum->smallest = first ? line->smallest : least(sum->smallest, line->smallest);
  sum->largest = most(sum->largest, line->largest);
}

/* Every account of an arena, a chunk of sites at a time; those that were never made are skipped. */
static void add_arena(const struct heap *h, uint32_t count, bool each, struct site_line *sum) {
  struct site_line line;
  for (uint32_t first = 0; h->books.index != NULL && first < count; first += ACCOUNT_CHUNK) {
    if (account_at(&h->books, first) == NULL)
      continue;
    for (uint32_t site = first; site < first + ACCOUNT_CHUNK && site < count; site++)
      if (each ? sites_line(h, site, &line) : read_account(account_at(&h->books, site), &line))
        add(each ? &sum[site] : sum, &line);
  }
}

void sites_arena(const struct heap *h, struct site_line *sum) {
  struct scanned mailed = {0};
  *sum = (struct site_line){0};
  add_arena(h, path_sites(), false, sum);
  each_slab(h, add_mailed, &mailed);
  take_mailed(sum, &mailed);
}

bool sites_add_up(void) {
  uint64_t unpinned = 0;
  if (!scratch_map(&sites.sum, sites.count * sizeof *sites.total))
    return false;
  sites.total = (struct site_line *)sites.sum.at;
  for (unsigned i = 0; i < heap_count(); i++) {
    sites_scan(heap_at(i));
    unpinned += sites.unpinned;
    add_arena(heap_at(i), sites.count, true, sites.total);
  }
  sites.unpinned = unpinned;
  return true;
}

bool sites_sum(uint32_t site, struct site_line *line) {
  if (sites.total == NULL || sites.total[site].arenas == 0)
    return false;
  *line = sites.total[site];
  return true;
}
