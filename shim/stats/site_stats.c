/* Reading accounts and tags; contract in site_stats.h. */
#include "site_stats.h"
#include "os.h"
#include "path_tree.h"
#include "report_lock.h"
#include "scratch.h"
#include "tag_mode.h"
#include "slab_sums.h"
#include "walk_room.h"

#include <errno.h>
#include <string.h>

/* What the tags of an arena say of a site.  The last three are of objects that another thread has
 * freed, and that are still live in the account. */
struct scanned {
  uint64_t bytes, rounded, pinned_bytes;
  uint64_t remote_freed, remote_freed_bytes, remote_freed_rounded;
};

/* What is kept for a site of the window. */
enum { WINDOW_SITE_BYTES = sizeof(struct scanned) + sizeof(uint64_t) };

/* Reserves, used when mmap fails: for any window, and for the sums of that many sites. */
enum { WINDOW_MOST = ROOM_MOST / ROOM_SITE_BYTES, SITES_KEPT = 8192 };
static _Alignas(PAGE_BYTES) char kept_scan[WINDOW_MOST * WINDOW_SITE_BYTES];
static _Alignas(PAGE_BYTES) char kept_sum[SITES_KEPT * sizeof(struct site_stats)];

static struct {
  struct report_lock lock;
  uint32_t count, window, first; /* `first` of the window that was scanned last */
  struct scratch scan, sum;      /* where these lie: */
  struct scanned *scanned;       /* by site of the window, of the arena scanned last */
  uint64_t *small_bytes;         /* the same, of all arenas; with several windows by sites_small */
  struct site_stats *total;      /* by site; NULL until sites_add_up */
  uint64_t unpinned;
  uint64_t class_bytes[CLASS_SLOTS]; /* requested, alive */
} sites = {.lock = REPORT_LOCK_FREE, .scan = SCRATCH(kept_scan), .sum = SCRATCH(kept_sum)};

uint64_t sites_bytes(void) {
  return scratch_mapped(&sites.scan) + scratch_mapped(&sites.sum) + slab_sums_bytes();
}
uint32_t sites_count(void) { return sites.count; }
uint32_t sites_window(void) { return sites.window; }
uint64_t sites_class_bytes(unsigned c) { return sites.class_bytes[c]; }
uint64_t sites_small_bytes(uint32_t site) { return sites.small_bytes[site - sites.first]; }
uint64_t sites_unpinned(void) { return sites.unpinned; }

static int prepare(void) {
  sites.count = path_sites();
  sites.window = walk_room_sites(sites.count, range_span() / SLAB_BYTES);
  sites.first = 0;
  sites.total = NULL;
  memset(sites.class_bytes, 0, sizeof sites.class_bytes);
  if (!scratch_map(&sites.scan, sites.window * (size_t)WINDOW_SITE_BYTES))
    return ENOMEM;
  sites.scanned = (struct scanned *)sites.scan.at;
  sites.small_bytes = (uint64_t *)(sites.scanned + sites.window);
  slab_sums_map(sites.window);
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

static void unmap(void) {
  scratch_unmap(&sites.scan);
  scratch_unmap(&sites.sum);
  slab_sums_unmap();
}

int sites_again(void) {
  unmap();
  return prepare();
}

void sites_end(void) {
  unmap();
  report_lock_release(&sites.lock);
}

void sites_fork_child(void) {
  if (report_lock_fork_child(&sites.lock))
    unmap();
}

/* ---- tags ---- */

/* A slab's carved cells, as they were a moment ago; it may change while it is looked at. */
struct cells {
  const struct slab *slab;
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
  *out = (struct cells){s, tag_row(s), carved < capacity ? carved : capacity, class_bytes(c)};
  return true;
}

static void each_slab(const struct heap *h, void (*visit)(const struct cells *, void *),
                      void *arg) {
  struct cells cells;
  for (size_t i = 0; h->tagged && i < block_count(); i++) {
    const struct block *b = block_at(i);
    if (atomic_load_explicit(&b->owner, memory_order_acquire) != h)
      continue;
    size_t passed = *(const volatile size_t *)&b->ab_offset;
    for (size_t at = 0; at < passed; at += SLAB_BYTES)
      if (slab_cells(slab_at((i << range.block_shift) + at), &cells))
        visit(&cells, arg);
  }
}

/* Cuts a slab's free bytes into whole shares, one for each of its objects: after k of n objects
 * the shares are bytes * k / n in all, rounded down. */
struct shares {
  uint64_t each, rest, objects, carry, given;
};

static struct shares shares_of(uint64_t bytes, uint32_t objects) {
  uint64_t n = objects != 0 ? objects : 1;
  return (struct shares){.each = bytes / n, .rest = bytes % n, .objects = n};
}

/* The next object's share; 0, and none is taken, for what is no object.  Without a branch: both
 * cases come in no order. */
static inline uint64_t next_share(struct shares *s, bool object) {
  uint64_t taken = -(uint64_t)object;
  s->carry += s->rest & taken;
  uint64_t more = -(uint64_t)(s->carry >= s->objects);
  s->carry -= s->objects & more;
  uint64_t share = (s->each - more) & taken;
  s->given += share;
  return share;
}

/* The place of a tag's site in the window that begins at `first`; sites outside of it have none
 * below sites.window.  A free cell has site 0, which no object has. */
static inline uint32_t window_place(tag_t t, uint32_t first) { return tag_site(t) - first; }

/* What the next slab's row will be read for. */
static inline void prefetch_next(const volatile tag_t *t) {
  __builtin_prefetch((const char *)t + TAG_ROW_BYTES);
}

/* Counts the cells of each site where none is free, or has been a moment ago. */
static void scan_full(const struct cells *s) {
  struct scanned *scanned = sites.scanned;
  uint32_t first = sites.first, window = sites.window, size = (uint32_t)s->size;
  const volatile tag_t *end = s->tags + s->carved;
  for (const volatile tag_t *at = s->tags; at < end; at++) {
    tag_t t = *at;
    prefetch_next(at);
    uint32_t place = window_place(t, first);
    if (unlikely(place >= window))
      continue;
    scanned[place].bytes += tag_bytes(t);
    scanned[place].rounded += size;
  }
}

static void scan_mailed(struct scanned *site, tag_t t, uint32_t size) {
  site->remote_freed++;
  site->remote_freed_bytes += tag_bytes(t);
  site->remote_freed_rounded += size;
}

/* The same where cells are free or mailed, and what free bytes their objects pin; returns how many
 * bytes are pinned. */
static uint64_t scan_cells(const struct cells *s, struct shares free) {
  struct scanned *scanned = sites.scanned;
  uint32_t first = sites.first, window = sites.window, size = (uint32_t)s->size;
  const volatile tag_t *end = s->tags + s->carved;
  for (const volatile tag_t *at = s->tags; at < end; at++) {
    tag_t t = *at;
    prefetch_next(at);
    uint32_t place = window_place(t, first);
    uint64_t pinned = next_share(&free, tag_is_alive(t));
    if (unlikely(place >= window))
      continue;
    if (unlikely(t & TAG_MAILED)) {
      scan_mailed(&scanned[place], t, size);
      continue;
    }
    scanned[place].bytes += tag_bytes(t);
    scanned[place].rounded += size;
    scanned[place].pinned_bytes += pinned;
  }
  return free.given;
}

static void scan_slab(const struct cells *s, void *unused) {
  (void)unused;
  struct tag_sums tags = slab_sums(s->slab, s->carved);
  uint64_t bytes = (s->carved - tags.alive) * s->size, pinned = 0;
  if (bytes == 0)
    scan_full(s);
  else if (tags.alive + tags.mailed != 0)
    pinned = scan_cells(s, shares_of(bytes, tags.alive));
  if (sites.first != 0)
    return;
  sites.class_bytes[s->size / GRAIN] += tags.bytes;
  sites.unpinned += count_less(bytes, pinned);
}

void sites_scan(const struct heap *h, uint32_t first) {
  sites.first = first;
  for (uint32_t i = 0; i < sites.window; i++)
    sites.scanned[i] = (struct scanned){0};
  if (first == 0)
    sites.unpinned = 0;
  each_slab(h, scan_slab, NULL);
  if (first == 0)
    sites.scanned[SITE_NONE] = (struct scanned){0};
  for (uint32_t i = 0; i < sites.window; i++)
    sites.small_bytes[i] += sites.scanned[i].bytes;
}

static void add_small(const struct cells *s, void *unused) {
  (void)unused;
  uint64_t *small_bytes = sites.small_bytes;
  uint32_t first = sites.first, window = sites.window;
  const volatile tag_t *end = s->tags + s->carved;
  for (const volatile tag_t *at = s->tags; at < end; at++) {
    tag_t t = *at;
    prefetch_next(at);
    uint32_t place = window_place(t, first);
    if (place < window && tag_is_alive(t))
      small_bytes[place] += tag_bytes(t);
  }
}

void sites_small(uint32_t first) {
  sites.first = first;
  if (sites.window == sites.count)
    return;
  for (uint32_t i = 0; i < sites.window; i++)
    sites.small_bytes[i] = 0;
  for (unsigned i = 0; i < heap_count(); i++)
    each_slab(heap_at(i), add_small, NULL);
}

/* What is added up, and how tags are read. */
struct remote_freed {
  struct scanned sum;
  tag_sums_fn *sums;
};

static void add_remote_freed(const struct cells *s, void *remote_freed) {
  struct remote_freed *r = remote_freed;
  struct scanned *sum = &r->sum;
  struct tag_sums tags = r->sums(s->slab, s->carved);
  sum->remote_freed += tags.mailed;
  sum->remote_freed_bytes += tags.mailed_bytes;
  sum->remote_freed_rounded += tags.mailed * s->size;
}

/* ---- accounts ---- */

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

static void read_sizes(const struct account *a, struct dump_account *to) {
  uint64_t smallest = a->smallest != NO_SMALL ? a->smallest : UINT64_MAX;
  if (a->smallest != NO_SMALL)
    to->largest = a->largest;
  if (a->large_largest != 0) {
    smallest = least(smallest, a->large_smallest);
    to->largest = most(to->largest, a->large_largest);
  }
  to->smallest = smallest != UINT64_MAX ? smallest : 0;
}

static_assert((int)DUMP_LIVES == (int)LIFE_CLASSES, "format");

static void add_lives(uint32_t to[DUMP_LIVES], unsigned class, uint64_t n) {
  uint64_t sum = to[class] + n;
  to[class] = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

static void read_lives(const struct heap *h, uint32_t site, struct dump_account *to) {
  const struct life_counts *counts = life_counts_of(books_life(&h->books), site);
  for (unsigned c = 0; counts != NULL && c < DUMP_LIVES; c++)
    add_lives(to->lives, c, counts->lives[c]);
}

static void set_live_objects(struct dump_account *a) {
  a->live_objects = count_less(a->allocs, a->frees);
}

static void subtract_remote_freed(struct site_stats *stats, const struct scanned *s) {
  struct dump_account *a = &stats->sums;
  a->frees = least(a->frees + s->remote_freed, a->allocs);
  a->live_bytes = count_less(not_negative(a->live_bytes), s->remote_freed_bytes);
  a->live_rounded = count_less(not_negative(a->live_rounded), s->remote_freed_rounded);
  set_live_objects(a);
}

/* Returns false if the account, `live`, was never used. */
static bool read_account(const struct heap *h, const struct account *live, uint32_t site,
                         struct site_stats *stats) {
  struct account a;
  account_read(live, &a);
  if (a.allocs == 0)
    return false;
  *stats = (struct site_stats){.sums = {.site = site,
                                        .allocs = a.allocs,
                                        .frees = a.frees,
                                        .bytes = a.bytes,
                                        .live_bytes = a.live_bytes,
                                        .live_rounded = a.live_rounded,
                                        .peak_bytes = a.peak_bytes,
                                        .at_peak_bytes = not_negative(a.at_peak_bytes),
                                        .at_peak_objects = not_negative(a.at_peak_objects),
                                        .temporary = a.temporary,
                                        .large_allocs = a.large_allocs}};
  stats->arenas = 1;
  read_sizes(&a, &stats->sums);
  read_lives(h, site, &stats->sums);
  set_live_objects(&stats->sums);
  return true;
}

static uint64_t rounding_capped(const struct dump_account *a) {
  return least(count_less(a->live_rounded, a->live_bytes), a->live_objects * (PAGE_BYTES - 1));
}

bool sites_line(const struct heap *h, uint32_t site, struct site_stats *stats) {
  const struct account *live = tagged_shows(h) ? account_at(&h->books, site) : NULL;
  if (live == NULL || !read_account(h, live, site, stats))
    return false;
  const struct scanned *scanned = &sites.scanned[site - sites.first];
  stats->rounding = count_less(scanned->rounded, scanned->bytes);
  stats->sums.pinned_bytes = scanned->pinned_bytes;
  subtract_remote_freed(stats, scanned);
  stats->all_rounding = rounding_capped(&stats->sums);
  return true;
}

static void add_sizes(struct dump_account *sum, const struct dump_account *a) {
  bool any = sum->allocs != 0;
  sum->smallest = any ? least(sum->smallest, a->smallest) : a->smallest;
  sum->largest = most(sum->largest, a->largest);
}

void site_stats_add(struct site_stats *sum, const struct site_stats *stats) {
  struct dump_account *to = &sum->sums;
  const struct dump_account *a = &stats->sums;
  add_sizes(to, a);
  to->allocs += a->allocs;
  to->frees += a->frees;
  to->bytes += a->bytes;
  to->live_objects += a->live_objects;
  to->live_bytes += a->live_bytes;
  to->live_rounded += a->live_rounded;
  to->peak_bytes += a->peak_bytes;
  to->at_peak_bytes += a->at_peak_bytes;
  to->at_peak_objects += a->at_peak_objects;
  to->temporary += a->temporary;
  to->large_allocs += a->large_allocs;
  to->pinned_bytes += a->pinned_bytes;
  for (unsigned c = 0; c < DUMP_LIVES; c++)
    add_lives(to->lives, c, a->lives[c]);
  sum->rounding += stats->rounding;
  sum->all_rounding += stats->all_rounding;
  sum->arenas += stats->arenas;
}

/* The accounts of an arena's sites from `first` up to `end`; those of a chunk that was never made
 * are skipped. */
static void add_arena(const struct heap *h, uint32_t first, uint32_t end, bool each,
                      struct site_stats *sum) {
  struct site_stats stats;
  for (uint32_t site = first; tagged_shows(h) && site < end; site++) {
    const struct account *a = account_at(&h->books, site);
    if (a == NULL)
      site |= ACCOUNT_CHUNK - 1;
    else if (each ? sites_line(h, site, &stats) : read_account(h, a, site, &stats))
      site_stats_add(each ? &sum[site] : sum, &stats);
  }
}

void sites_arena(const struct heap *h, tag_sums_fn *sums, struct site_stats *sum) {
  struct remote_freed freed = {.sums = sums};
  *sum = (struct site_stats){0};
  add_arena(h, 0, path_sites(), false, sum);
  each_slab(h, add_remote_freed, &freed);
  subtract_remote_freed(sum, &freed.sum);
}

bool sites_add_up(void) {
  uint64_t unpinned = 0;
  if (!scratch_map(&sites.sum, sites.count * sizeof *sites.total))
    return false;
  sites.total = (struct site_stats *)sites.sum.at;
  for (unsigned i = 0; i < heap_count(); i++) {
    for (uint32_t first = 0; first < sites.count; first += sites.window) {
      sites_scan(heap_at(i), first);
      add_arena(heap_at(i), first, sites_window_end(first), true, sites.total);
    }
    unpinned += sites.unpinned;
  }
  sites.unpinned = unpinned;
  return true;
}

bool sites_sum(uint32_t site, struct site_stats *stats) {
  if (sites.total == NULL || sites.total[site].sums.allocs == 0)
    return false;
  *stats = sites.total[site];
  return true;
}
