/* Reading accounts and tags; contract in sites.h. */
#include "sites.h"
#include "../arena/os.h"
#include "paths.h"

static struct {
  uint32_t count;
  uint64_t *pinned;        /* by site, of the arena scanned last */
  struct site_line *total; /* by site; NULL until sites_add_up */
  uint64_t unpinned;
} sites;

static size_t pinned_bytes(void) {
  return round_up(sites.count * sizeof *sites.pinned, PAGE_BYTES);
}
static size_t total_bytes(void) { return round_up(sites.count * sizeof *sites.total, PAGE_BYTES); }

uint32_t sites_count(void) { return sites.count; }
uint64_t sites_unpinned(void) { return sites.unpinned; }

bool sites_begin(void) {
  sites.count = path_sites();
  sites.total = NULL;
  sites.pinned = os_map(pinned_bytes());
  return sites.pinned != NULL;
}

void sites_end(void) {
  os_unmap(sites.pinned, pinned_bytes());
  if (sites.total != NULL)
    os_unmap(sites.total, total_bytes());
}

static bool is_alive(tag_t t) { return t != 0 && (t & TAG_MAILED) == 0; }

static void scan_slab(const struct slab *s) {
  unsigned c = *(const volatile uint8_t *)&s->class;
  if (c == 0 || c > CLASSES)
    return;
  uint32_t capacity = (uint32_t)(SLAB_BYTES / class_bytes(c));
  uint32_t carved = *(const volatile uint32_t *)&s->carved, alive = 0;
  carved = carved < capacity ? carved : capacity;
  const volatile tag_t *tags = tag_row(s);
  for (uint32_t i = 0; i < carved; i++)
    alive += is_alive(tags[i]);
  uint64_t bytes = (uint64_t)(carved - alive) * class_bytes(c), given = 0, seen = 0;
  for (uint32_t i = 0; i < carved && seen < alive; i++) {
    tag_t t = tags[i];
    if (!is_alive(t) || tag_site(t) >= sites.count)
      continue;
    uint64_t share = ++seen * bytes / alive;
    sites.pinned[tag_site(t)] += share - given;
    given = share;
  }
  sites.unpinned += bytes - given;
}

void sites_scan(const struct heap *h) {
  for (uint32_t i = 0; i < sites.count; i++)
    sites.pinned[i] = 0;
  sites.unpinned = 0;
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

bool sites_line(const struct heap *h, uint32_t site, struct site_line *line) {
  const struct account *live = h->books.index == NULL ? NULL : account_at(&h->books, site);
  if (live == NULL)
    return false;
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
                             .held_bytes = a.peak_held_bytes,
                             .held_objects = a.peak_held_objects,
                             .temporary = a.temporary,
                             .large_allocs = a.large_allocs,
                             .pinned = sites.pinned[site],
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
