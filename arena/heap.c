/* malloc and free beyond the straight path: lists are refilled, slabs change their state.
 *
 *             list used up                     first free
 *   CURRENT ────────────────> FULL ──────────────────────────> QUEUED ──> CURRENT again
 *      ^                                                          │ last used cell freed
 *      └──────────────── a class is assigned ──── EMPTY <─────────┘
 *
 * The equations are in slab.h, the counters' in heap.h.
 */
#include "heap.h"
#include "check.h"
#include "heap_memory.h"
#include "heap_tag.h"
#include "heap_thread.h"

const struct heap heap_empty[3];
__thread struct heap *heap_self __attribute__((tls_model("initial-exec"))) =
    (struct heap *)&heap_none;

/* A carve hands out what fits into the page that its first cell touches anyway, or CARVE_CELLS
 * where that is more, so that the slow path does not weigh; at a slab's end, what is left. */
enum { CARVE_BYTES = 4096, CARVE_CELLS = 64 };

/* Slow paths between two looks at the clock, and between two at all mail: a slab that is opened has
 * to be posted again, which costs who frees three more accesses to lines of others. */
enum { TICKS = 8, MAIL_TICKS = 32 };

hidden void (*heap_looks_around)(struct heap *, size_t taken);

static void enqueue_or_retire(struct heap *h, struct slab *s, int32_t used) {
  if (used == 0) {
    heap_retire_slab(h, s);
    return;
  }
  slab_watch_last_used(s, used);
  queue_push_last(&h->queue[s->class], s);
}

/* What was relisted goes into the counters.  No list is longer than its slab has used cells: so
 * many allocations are known; and frees never are more than these, for those who look meanwhile. */
static void count_relisted(struct heap *h, struct slab *s) {
  uint32_t n = slab_relisted(s);
  if (n == 0)
    return;
  unsigned c = s->class;
  int32_t used = slab_used(s);
  count_add(&h->passed[c], n);
  uint64_t known = count_get(&h->passed[c]) - (uint32_t)used;
  if (known > count_get(&h->known[c]))
    atomic_store_explicit(&h->known[c], known, memory_order_relaxed);
  count_add(&h->freed[c], n);
  slab_set_used(s, used, s->until);
  if (h->cut[c] > 1)
    h->cut[c] -= n;
}

/* So many frees may go back to a list of class c, and be handed out again, before a sample is due:
 * 0 if the list alone suffices. */
static int32_t relists_left(const struct heap *h, unsigned c) {
  uint32_t cut = h->cut[c];
  return cut == 0 || cut > RELISTS_MAX ? RELISTS_MAX : (int32_t)cut - 1;
}

/* A list of n cells is about to be cut from the slab.  Before a sample it must end. */
static void receive_frees(struct heap *h, struct slab *s, unsigned n) {
  s->into = relists_left(h, s->class) > (int32_t)n ? &h->head[s->class] : &s->free;
}

/* The countdown of the current slab, when `used` of its cells are. */
static void watch_current(struct heap *h, struct slab *s, int32_t used) {
  int32_t relists = relists_left(h, s->class);
  if (relists == 0)
    s->into = &s->free;
  slab_watch_current(s, used, relists);
}

/* The number of used cells fell to `used`: the state follows. */
static void settle(struct heap *h, struct slab *s, int32_t used) {
  if (s->state == SLAB_CURRENT) {
    count_relisted(h, s);
    watch_current(h, s, used);
  } else {
    if (s->state == SLAB_QUEUED) {
      if (used > 0) {
        slab_watch_last_used(s, used);
        return;
      }
      queue_remove(&h->queue[s->class], s);
    }
    enqueue_or_retire(h, s, used);
  }
}

/* The slab's mail goes to its free cells, before those it has: these are the warm ones. */
static void take_letter(struct heap *h, struct slab *s, struct letter *l) {
  if (l->cells == 0)
    return;
  int32_t used = slab_used(s) - (int32_t)l->cells;
  check(used >= 0, "heap corrupted: more objects freed by other threads than a slab has");
  for (struct cell *p = l->first; range.tagged && p != NULL; p = p->next)
    heap_untag_mailed(h, s, p);
  *l->end = s->free;
  s->free = l->first;
  count_add(&h->remote[s->class], l->cells);
  settle(h, s, used);
}

void heap_collect(struct heap *h) {
  struct letter l;
  struct slab *s;
  inbox_take(&h->inbox);
  while ((s = inbox_open(&h->inbox, &l)) != NULL)
    take_letter(h, s, &l);
}

/* The current slab has no free cell: its own mail first, a line or two; then everybody's. */
static void collect_for(struct heap *h, struct slab *s) {
  struct letter l;
  mail_take_most(s, &h->inbox, &l);
  take_letter(h, s, &l);
  if (s->free == NULL)
    heap_collect(h);
}

static void *hand_out(struct heap *h, struct slab *s, struct cell *list, unsigned n) {
  unsigned c = s->class;
  count_add(&h->passed[c], n);
  if (unlikely(h->cut[c] > 1))
    h->cut[c] -= n < h->cut[c] ? n : h->cut[c] - 1;
  h->head[c] = list->next;
  return list;
}

/* The first n free cells of the slab, not all of them. */
static cold void *harvest_part(struct heap *h, struct slab *s, unsigned n) {
  struct cell *list = s->free, *last = list;
  for (unsigned i = 1; i < n; i++)
    last = last->next;
  struct cell *rest = last->next;
  last->next = NULL;
  int32_t used = slab_used(s);
  count_add(&h->freed[s->class], n);
  receive_frees(h, s, n);
  slab_watch_first_free(s, SLAB_CURRENT, used + (int32_t)n);
  void *p = hand_out(h, s, list, n);
  s->free = rest;
  return p;
}

/* All free cells of the slab become the thread's list. */
static inline void *harvest(struct heap *h, struct slab *s) {
  struct cell *list = s->free;
  unsigned n = s->carved - (unsigned)slab_used(s);
  check(list->next != list, "heap corrupted: an object was freed twice");
  uint32_t cut = h->cut[s->class];
  if (unlikely(cut > 1 && cut <= n))
    return harvest_part(h, s, cut - 1);
  count_add(&h->freed[s->class], n);
  receive_frees(h, s, n);
  slab_watch_first_free(s, SLAB_CURRENT, (int32_t)s->carved);
  void *p = hand_out(h, s, list, n);
  atomic_signal_fence(memory_order_seq_cst); /* a fork in between must not find the list lost */
  s->free = NULL;
  return p;
}

static void *carve(struct heap *h, struct slab *s) {
  size_t size = slab_cell_bytes(s);
  unsigned cells = CARVE_BYTES / size > CARVE_CELLS ? (unsigned)(CARVE_BYTES / size) : CARVE_CELLS;
  if (unlikely(h->cut[s->class] > 1 && h->cut[s->class] <= cells))
    cells = h->cut[s->class] - 1;
  unsigned n;
  int32_t used = slab_used(s);
  struct cell *list = slab_carve(s, cells, &n);
  receive_frees(h, s, n);
  slab_watch_first_free(s, SLAB_CURRENT, used + (int32_t)n);
  uint64_t bytes = count_get(&h->carved_bytes) + n * size;
  atomic_store_explicit(&h->carved_bytes, bytes, memory_order_relaxed);
  if (bytes > count_get(&h->carved_peak))
    atomic_store_explicit(&h->carved_peak, bytes, memory_order_relaxed);
  return hand_out(h, s, list, n);
}

/* The next slab to cut from: one with free cells, else an empty one; NULL if refused. */
static struct slab *next_slab(struct heap *h, unsigned c) {
  struct slab *s = h->queue[c].first;
  if (s != NULL) {
    queue_remove(&h->queue[c], s);
    return s;
  }
  return heap_take_slab(h, c);
}

/* Now and then, so that a thread that is served from one slab for long still notices. */
static cold void look_around(struct heap *h) {
  if (h->ticks % MAIL_TICKS == 0)
    heap_collect(h);
  heap_give_back(h, false);
  if (heap_looks_around != NULL)
    heap_looks_around(h, 0);
}

/* A slab that relists for long sees no refill: what a refill does now and then is done here. */
static void look_at_relisting(struct heap *h, struct slab *s) {
  bool broken;
  slab_list_length(s, h->head[s->class], &broken);
  check(!broken, "heap corrupted: an object was freed twice");
  heap_collect(h);
  look_around(h);
}

void heap_attend(void *p, struct slab *s, const char *entry, const void *site) {
  int32_t used = slab_used(s);
  if (unlikely(used < 0 || !slab_has_cell(s, p)))
    fault_in_slab(s, entry, p, SITE(site));
  bool long_since = slab_relists(s) && s->armed == RELISTS_MAX;
  settle(s->owner, s, used);
  if (long_since)
    look_at_relisting(s->owner, s);
}

void *heap_refill(struct heap *h, unsigned c) {
  if (likely(h->current[c] != NULL))
    count_relisted(h, h->current[c]);
  atomic_store_explicit(&h->known[c], count_get(&h->passed[c]), memory_order_relaxed);
  if (unlikely(++h->ticks % TICKS == 0))
    look_around(h);
  struct slab *s = h->current[c];
  for (;;) {
    if (s != NULL) {
      if (s->free == NULL && inbox_waiting(&h->inbox))
        collect_for(h, s);
      if (s->free != NULL)
        return harvest(h, s);
      if (s->carved < s->capacity)
        return carve(h, s);
      s->into = &s->free;
      slab_watch_first_free(s, SLAB_FULL, (int32_t)s->carved);
    }
    s = h->current[c] = next_slab(h, c);
    if (s == NULL)
      return NULL;
    watch_current(h, s, slab_used(s));
  }
}

static void put_back(struct slab *s, struct cell *list) {
  struct cell *last = list;
  while (last->next != NULL)
    last = last->next;
  last->next = s->free;
  s->free = list;
}

/* Cells that are carved and counted as passed have never been freed: while fewer were, a class
 * stays as it is, so that no counter falls below zero. */
static bool unlist(struct heap *h, struct slab *s, unsigned c) {
  bool broken;
  count_relisted(h, s);
  uint32_t n = slab_list_length(s, h->head[c], &broken);
  if (broken || n > count_get(&h->freed[c]))
    return false;
  struct cell *list = h->head[c];
  h->head[c] = NULL;
  count_add(&h->freed[c], -(uint64_t)n);
  count_add(&h->passed[c], -(uint64_t)n);
  atomic_store_explicit(&h->known[c], count_get(&h->passed[c]), memory_order_relaxed);
  if (h->cut[c] > 0)
    h->cut[c] += n;
  int32_t used = slab_used(s) - (int32_t)n;
  s->into = &s->free;
  watch_current(h, s, used);
  if (n > 0)
    put_back(s, list);
  return true;
}

void heap_put_lists_back(struct heap *h) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    struct slab *s = h->current[c];
    if (s == NULL || !unlist(h, s, c) || (s->free == NULL && s->carved == s->capacity))
      continue;
    h->current[c] = NULL;
    enqueue_or_retire(h, s, slab_used(s));
  }
}

/* A thread that has no heap, or none any more. */
static cold void *alloc_heapless(struct heap *h, unsigned c) {
  if (range.tagged) /* such requests come another way (heap_tag.h) */
    return NULL;
  if (h == &heap_over) {
    h = heap_borrow();
    if (h == NULL)
      return NULL;
    void *p = heap_take_cell(h, c);
    heap_lend_back(h);
    return p;
  }
  h = heap_acquire();
  return h == NULL ? NULL : heap_take_cell(h, c);
}

void *heap_alloc_slow(size_t c) {
  struct heap *h = heap_self;
  if (unlikely(!heap_is_real(h)))
    return alloc_heapless(h, c == 0 ? 1 : (unsigned)c);
  return heap_take_cell(h, c == 0 ? 1 : (unsigned)c); /* one just taken over has lists */
}

static __attribute__((noinline)) void free_untagged(void *p, struct slab *s, const char *entry,
                                                    const void *site) {
  struct heap *owner = s->owner;
  if (unlikely(owner == NULL || owner == heap_self || !slab_has_cell(s, p) ||
               !mail_put(s, &owner->inbox, slab_cell_index(s, p))))
    fault_in_slab(s, entry, p, SITE(site));
}

void heap_free_slow(void *p, struct slab *s, const char *entry, const void *site) {
  if (range.tagged)
    heap_free_tagged(p, s, entry, site);
  else
    free_untagged(p, s, entry, site);
}
