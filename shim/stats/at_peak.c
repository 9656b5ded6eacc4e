/* Finds the gap, and who gets it; contract in at_peak.h. */
#include "at_peak.h"
#include "path_tree.h"

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* A large object that another thread freed counts in its arena until its call site's next request
 * there, and who freed it nobody notes.  Without tags the peak is of carved cells. */
bool at_peak_is_known(const struct heap *h) {
  return range.tagged && (count_get(&h->large_allocs) == 0 || heap_count() == 1);
}

/* Calls visit with every account that was ever used. */
static void each_account(void (*visit)(struct held *, const struct heap *, uint32_t,
                                       const struct account *, uint64_t *),
                         struct held *held, uint64_t *sum) {
  uint32_t count = path_sites();
  for (unsigned i = 0; i < heap_count(); i++) {
    const struct heap *h = heap_at(i);
    for (uint32_t site = 0; h->books.index != NULL && site < count; site++) {
      struct account a;
      const struct account *now = account_at(&h->books, site);
      if (now == NULL) {
        site |= ACCOUNT_CHUNK - 1; /* the rest of its chunk is not there either */
        continue;
      }
      account_read(now, &a);
      if (a.allocs > 0)
        visit(held, h, site, &a, sum);
    }
  }
}

static uint64_t not_negative(uint64_t n) { return (int64_t)n < 0 ? 0 : n; }

static void add_up(struct held *held, const struct heap *h, uint32_t site, const struct account *a,
                   uint64_t sums[2]) {
  (void)held, (void)h, (void)site;
  sums[0] += not_negative(a->peak_held_bytes);
  sums[1] += not_negative(a->live_bytes);
}

/* Of those whose own peak has room for all of the gap, the one that held most. */
static void choose(struct held *held, const struct heap *h, uint32_t site, const struct account *a,
                   uint64_t *best) {
  uint64_t had = not_negative(a->peak_held_bytes);
  if (a->peak_bytes < had + held->gap || had + 1 <= *best)
    return;
  *best = had + 1;
  held->heap = h;
  held->site = site;
}

void at_peak_find(struct held *held, uint64_t live) {
  int64_t stepped = atomic_load_explicit(&peak.most, memory_order_relaxed);
  uint64_t sums[2] = {0}, best = 0;
  *held = (struct held){.peak = stepped > 0 ? (uint64_t)stepped : 0};
  each_account(add_up, held, sums);
  if (live == 0)
    live = sums[1];
  for (unsigned i = 0; i < heap_count(); i++)
    if (at_peak_is_known(heap_at(i)))
      held->peak = most(held->peak, not_negative((uint64_t)heap_at(i)->books.peak_bytes));
  held->peak = most(held->peak, most(live, sums[0]));
  held->is_now = live == held->peak;
  held->gap = held->is_now ? 0 : held->peak - sums[0];
  if (held->gap > 0)
    each_account(choose, held, &best);
}

static void give(struct held *held, uint64_t bytes, struct site_line *line) {
  uint64_t most_bytes = bytes < held->gap ? bytes : held->gap;
  line->held_bytes += most_bytes;
  held->gap -= most_bytes;
}

void at_peak_mend(struct held *held, const struct heap *heap, uint32_t site,
                  struct site_line *line) {
  if (held->is_now) {
    line->held_bytes = line->live_bytes;
    line->held_objects = count_less(line->allocs, line->frees);
  } else if (held->heap == NULL)
    give(held, count_less(line->peak_bytes, line->held_bytes), line);
  else if (site == held->site && (heap == NULL || heap == held->heap))
    give(held, held->gap, line);
}
