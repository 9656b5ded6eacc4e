/* Reading accounts and tags; contract in sites.h. */
#include "sites.h"
#include "../arena/os.h"
#include "paths.h"

#include <errno.h>
#include <string.h>

/* What the tags of one arena say of a site. */
struct scan {
  uint64_t pinned;
  uint64_t mailed, mailed_bytes, mailed_cells; /* freed, not collected */
};

static struct {
  atomic_flag busy;
  uint32_t count;
  struct scan *scan;       /* by site, of the arena scanned last */
  struct site_line *total; /* by site; NULL until sites_add_up */
  uint64_t unpinned;
  uint64_t class_bytes[CLASS_SLOTS];
} sites = {.busy = ATOMIC_FLAG_INIT};

static size_t scan_bytes(void) { return round_up(sites.count * sizeof *sites.scan, PAGE_BYTES); }
static size_t total_bytes(void) { return round_up(sites.count * sizeof *sites.total, PAGE_BYTES); }

uint32_t sites_count(void) { return sites.count; }
uint64_t sites_unpinned(void) { return sites.unpinned; }

uint64_t sites_class_bytes(unsigned c) { return sites.class_bytes[c]; }

uint64_t sites_bytes(void) {
  return (sites.scan != NULL ? scan_bytes() : 0) + (sites.total != NULL ? total_bytes() : 0);
}

bool sites_begin(void) {
  if (atomic_flag_test_and_set(&sites.busy)) {
    errno = EBUSY;
    return false;
  }
  sites.count = path_sites();
  memset(sites.class_bytes, 0, sizeof sites.class_bytes);
  sites.scan = os_map(scan_bytes());
  if (sites.scan != NULL)
    return true;
  atomic_flag_clear(&sites.busy);
  errno = ENOMEM;
  return false;
}

/* The pointers first: a fork in between leaves the memory to the child rather than unmap it twice.
 */
void sites_end(void) {
  struct scan *scan = sites.scan;
  struct site_line *total = sites.total;
  sites.scan = NULL;
  sites.total = NULL;
  atomic_signal_fence(memory_order_seq_cst);
  if (scan != NULL)
    os_unmap(scan, scan_bytes());
  if (total != NULL)
    os_unmap(total, total_bytes());
  atomic_flag_clear(&sites.busy);
}

void sites_forget(void) { sites_end(); }

static bool is_alive(tag_t t) { return t != 0 && (t & TAG_MAILED) == 0; }

static void note_mailed(tag_t t, size_t cell) {
  if (tag_site(t) >= sites.count)
    return;
  struct scan *scan = &sites.scan[tag_site(t)];
  scan->mailed++;
  scan->mailed_bytes += tag_bytes(t);
  scan->mailed_cells += cell;
}

/* The living ones; their bytes are added up. */
static uint32_t count_alive(const volatile tag_t *tags, uint32_t carved, unsigned c) {
  uint32_t alive = 0;
  for (uint32_t i = 0; i < carved; i++) {
    tag_t t = tags[i];
    if (is_alive(t)) {
      alive++;
      sites.class_bytes[c] += tag_bytes(t);
    } else if (t != 0) {
      note_mailed(t, class_bytes(c));
    }
  }
  return alive;
}

static void scan_slab(const struct slab *s) {
  unsigned c = *(const volatile uint8_t *)&s->class;
  if (c == 0 || c > CLASSES)
    return;
  uint32_t capacity = (uint32_t)(SLAB_BYTES / class_bytes(c));
  uint32_t carved = *(const volatile uint32_t *)&s->carved;
  carved = carved < capacity ? carved : capacity;
  const volatile tag_t *tags = tag_row(s);
  uint32_t alive = count_alive(tags, carved, c);
  uint64_t bytes = (uint64_t)(carved - alive) * class_bytes(c), given = 0, seen = 0;
  for (uint32_t i = 0; i < carved && seen < alive; i++) {
    tag_t t = tags[i];
    if (!is_alive(t) || tag_site(t) >= sites.count)
      continue;
    uint64_t share = ++seen * bytes / alive;
    sites.scan[tag_site(t)].pinned += share - given;
    given = share;
  }
  sites.unpinned += bytes - given;
}

void sites_scan(const struct heap *h) {
  memset(sites.scan, 0, sites.count * sizeof *sites.scan);
  sites.unpinned = 0;
  if (!range.tagged)
    return;
  for (size_t i = 0; i < block_count(); i++) {
    const struct block *b = block_at(i);
    if (atomic_load_explicit(&b->owner, memory_order_acquire) != h)
      continue;
    size_t passed = *(const volatile size_t *)&b->ab_offset;
    for (size_t at = 0; at < passed; at += SLAB_BYTES)
      scan_slab(slab_at((i << range.block_shift) + at));
  }
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

static void read_sizes(const struct account *a, struct site_line *line) {
  line->smallest = UINT64_MAX;
  if (a->smallest != NO_SMALL) {
    line->smallest = a->smallest;
    line->largest = a->largest;
  }
  if (a->large_allocs != 0) {
    line->smallest = least(line->smallest, a->large_smallest);
    line->largest = most(line->largest, a->large_largest);
  }
}

static uint64_t less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

static void take_mailed(const struct scan *scan, struct account *a) {
  a->frees = least(a->frees + scan->mailed, a->allocs);
  a->live_bytes = less(a->live_bytes, scan->mailed_bytes);
  a->live_cells = less(a->live_cells, scan->mailed_cells);
}

bool sites_line(const struct heap *h, uint32_t site, struct site_line *line) {
  const struct account *live = h->books.index == NULL ? NULL : account_at(&h->books, site);
  if (live == NULL)
    return false;
  struct account a;
  account_read(live, &a);
  if (a.allocs == 0)
    return false;
  take_mailed(&sites.scan[site], &a);
  *line = (struct site_line){.allocs = a.allocs,
                             .frees = a.frees,
                             .bytes = a.bytes,
                             .live_bytes = a.live_bytes,
                             .live_cells = a.live_cells,
                             .peak_bytes = a.peak_bytes,
                             .held_bytes = a.peak_held_bytes,
                             .held_objects = a.peak_held_objects,
                             .temporary = a.temporary,
                             .large_allocs = a.large_allocs,
                             .pinned = sites.scan[site].pinned,
                             .arenas = 1};
  read_sizes(&a, line);
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
  sum->pinned += line->pinned;
  sum->arenas += line->arenas;
  sum->smallest = first ? line->smallest : least(sum->smallest, line->smallest);
  sum->largest = most(sum->largest, line->largest);
}

void sites_add_up(void) {
  sites.total = os_map(total_bytes());
  if (sites.total == NULL)
    return;
  uint64_t unpinned = 0;
  for (unsigned i = 0; i < heap_count(); i++) {
    struct site_line line;
    sites_scan(heap_at(i));
    unpinned += sites.unpinned;
    for (uint32_t site = 1; site < sites.count; site++)
      if (sites_line(heap_at(i), site, &line))
        add(&sites.total[site], &line);
  }
  sites.unpinned = unpinned;
}

bool sites_sum(uint32_t site, struct site_line *line) {
  if (sites.total == NULL || sites.total[site].arenas == 0)
    return false;
  *line = sites.total[site];
  return true;
}
