/* Finds the gap, and the account that gets it; contract in at_peak.h. */
#include "at_peak.h"
#include "path_tree.h"
#include "tag_mode.h"
#include "thread_record.h"

/* A large object that another thread freed counts in its arena until its call site's next request
 * there, so with several arenas the arena's peak may be too high.  Without tags the peak is of
 * carved cells. */
bool at_peak_is_known(const struct heap *h) {
  return h->tagged && (count_get(&counts_of(h)->large_allocs) == 0 || heap_count() == 1);
}

/* Calls visit with every account that was ever used. */
static void each_account(void (*visit)(struct at_peak *, const struct heap *, uint32_t,
                                       const struct account *, uint64_t *),
                         struct at_peak *p, uint64_t *sum) {
  uint32_t count = path_sites();
  for (unsigned i = 0; i < heap_count(); i++) {
    const struct heap *h = heap_at(i);
    for (uint32_t site = 0; tagged_shows(h) && site < count; site++) {
      struct account a;
      const struct account *now = account_at(&h->books, site);
      if (now == NULL) {
        site |= ACCOUNT_CHUNK - 1; /* the rest of its chunk is not there either */
        continue;
      }
      account_read(now, &a);
      if (a.allocs > 0)
        visit(p, h, site, &a, sum);
    }
  }
}

static void add_up(struct at_peak *p, const struct heap *h, uint32_t site, const struct account *a,
                   uint64_t sums[2]) {
  (void)p, (void)h, (void)site;
  sums[0] += not_negative(a->at_peak_bytes);
  sums[1] += not_negative(a->live_bytes);
}

/* Of those whose own peak has room for all of the gap, the one that held most. */
static void choose(struct at_peak *p, const struct heap *h, uint32_t site, const struct account *a,
                   uint64_t *best) {
  uint64_t had = not_negative(a->at_peak_bytes);
  if (a->peak_bytes < had + p->gap || had + 1 <= *best)
    return;
  *best = had + 1;
  p->heap = h;
  p->site = site;
}

void at_peak_find(struct at_peak *p, uint64_t live_bytes) {
  int64_t stepped = atomic_load_explicit(&pieces_head.peak.most, memory_order_relaxed);
  uint64_t sums[2] = {0}, best = 0;
  *p = (struct at_peak){.peak_bytes = stepped > 0 ? (uint64_t)stepped : 0};
  each_account(add_up, p, sums);
  if (live_bytes == 0)
    live_bytes = sums[1];
  for (unsigned i = 0; i < heap_count(); i++)
    if (at_peak_is_known(heap_at(i)))
      p->peak_bytes =
          greater_of(p->peak_bytes, not_negative((uint64_t)heap_at(i)->books.peak_bytes));
  p->peak_bytes = greater_of(p->peak_bytes, greater_of(live_bytes, sums[0]));
  p->is_now = live_bytes == p->peak_bytes;
  p->gap = p->is_now ? 0 : p->peak_bytes - sums[0];
  if (p->gap > 0)
    each_account(choose, p, &best);
}

static void give(struct at_peak *p, uint64_t bytes, struct dump_account *sums) {
  uint64_t given = bytes < p->gap ? bytes : p->gap;
  sums->at_peak_bytes += given;
  p->gap -= given;
}

void at_peak_adjust(struct at_peak *p, const struct heap *heap, uint32_t site,
                    struct dump_account *sums) {
  if (p->is_now) {
    sums->at_peak_bytes = sums->live_bytes;
    sums->at_peak_objects = sums->live_objects;
  } else if (p->heap == NULL)
    give(p, count_less(sums->peak_bytes, sums->at_peak_bytes), sums);
  else if (site == p->site && (heap == NULL || heap == p->heap))
    give(p, p->gap, sums);
}
