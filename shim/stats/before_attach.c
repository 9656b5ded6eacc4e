/* Objects from before; contract in before_attach.h. */
#include "before_attach.h"
#include "big_stack.h"
#include "fork_gate.h"
#include "huge.h"
#include "path_tree.h"
#include "purge_policy.h"
#include "tag_mode.h"

static struct heap_totals totals; /* of the arena that was read last */

struct before_job {
  struct heap *h;
  bool exact;
};

static void read_totals(void *job) {
  const struct before_job *j = job;
  heap_read_totals(j->h, j->exact, &totals);
  if (!j->exact)
    heap_read_frees(j->h, &totals);
}

bool before_read(const struct snapshot *g, struct heap *h) {
  if (!tagged_since_attach() || h->tagged)
    return false;
  struct before_job job = {h, snapshot_may_walk(g, h)};
  on_big_stack(read_totals, &job);
  return true;
}

/* What lives now has lived at each moment since: the peak's among them. */
static void fill(struct dump_account *a, uint64_t live_objects, uint64_t live_bytes) {
  a->live_objects = live_objects;
  a->live_bytes = a->live_rounded = a->peak_bytes = live_bytes;
  a->at_peak_objects = live_objects;
  a->at_peak_bytes = live_bytes;
}

static bool small(unsigned c, struct dump_account *a) {
  uint64_t live = count_less(totals.allocs[c], totals.frees[c]);
  a->allocs = totals.allocs[c];
  a->frees = a->allocs - live;
  a->bytes = a->allocs * class_bytes(c);
  a->smallest = a->largest = class_bytes(c);
  fill(a, live, live * class_bytes(c));
  return a->allocs != 0;
}

static uint64_t live_large_bytes(void) {
  uint64_t mine = purge_traffic.allocated - purge_traffic.freed; /* not published; below 0, too */
  return purge_live_bytes() + huge_live_bytes() + mine;
}

/* Large requests that are in accounts of arenas with tags. */
static uint64_t with_accounts(void) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < heap_count(); i++) {
    const struct heap *h = heap_at(i);
    if (!h->tagged || h->books.index == NULL)
      continue;
    for (uint32_t site = 0; site < path_sites(); site++) {
      const struct account *a = account_at(&h->books, site);
      sum += a != NULL ? *(const volatile uint64_t *)&a->large_allocs : 0;
    }
  }
  return sum;
}

/* Of those that were freed the bytes are not known.  In the child of a fork not all that had tags
 * are in its accounts: those that live count. */
static bool large(const struct snapshot *g, struct dump_account *a) {
  uint64_t tagged = 0, tagged_bytes = 0;
  for (unsigned i = 0; i < heap_count(); i++) {
    tagged += count_get(&counts_of(heap_at(i))->large_tagged);
    tagged_bytes += count_get(&counts_of(heap_at(i))->large_tagged_bytes);
  }
  uint64_t live = count_less(count_less(g->large_allocs, g->large_frees), tagged);
  uint64_t bytes = live_large_bytes() - tagged_bytes;
  uint64_t allocs = gate_is_child() ? live : count_less(g->large_allocs, with_accounts());
  a->allocs = a->large_allocs = allocs > live ? allocs : live;
  a->frees = a->allocs - live;
  a->bytes = live == 0 || (int64_t)bytes < 0 ? 0 : bytes;
  fill(a, live, a->bytes);
  return a->allocs != 0;
}

bool before_account(const struct snapshot *g, const struct heap *h, unsigned c,
                    struct dump_account *a) {
  *a = (struct dump_account){.arena = heap_number(h)};
  if (c != BEFORE_LARGE)
    return small(c, a);
  return heap_number(h) == 0 && large(g, a);
}
