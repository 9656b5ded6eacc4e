/* malloc and free beyond the straight path: lists are refilled, slabs change their state.
 *
 *             list used up         first free, or a cell comes back
 *   CURRENT ────────────────> FULL ──────────────────────────> QUEUED ──> CURRENT again
 *      ^                                                          │ last used cell freed
 *      └──────────────── a class is assigned ──── EMPTY <─────────┘
 *
 * The equations are in slab.h, the counters' in heap.h.
 */
#include "heap_refill.h"
#include "fault.h"
#include "heap_collect.h"
#include "heap_list.h"
#include "heap_memory.h"
#include "heap_thread.h"

/* Where pages are resident anyway, a carve is so many cells or more: the slow path must not weigh.
 */
enum { CARVE_CELLS = 64 };

/* Slow paths between two looks at the clock, and between two at all mail: a slab that is opened has
 * to be posted again, which costs who frees three more accesses to lines of others. */
enum { TICKS = 8, MAIL_TICKS = 32 };

static void *hand_out(struct heap *h, struct slab *s, struct cell *list, unsigned n) {
  unsigned c = s->class;
  count_add(&h->passed[c], n);
  if (unlikely(h->cut[c] > 1))
    h->cut[c] -= n < h->cut[c] ? n : h->cut[c] - 1;
  h->head[c] = list->next;
  return list;
}

/* A link that the program overwrote after it freed the object must not be followed: malloc would
 * hand out whatever it points to.  Looked at once a list, when it is cut; the cells are about to be
 * touched anyway, and bursts of a thousand and of a million objects take as long as without.  (What
 * was freed by other threads is linked by us right before: there it would cost a tenth.)
 *
 * Not seen: what is freed into the thread's own list, overwritten there and handed out before that
 * list is walked again.  A link that is encoded by a secret would show that, at an instruction or
 * two of the 32 of a pair.  A link that is the distance to the next cell would cost none (malloc
 * then adds it to the list's head in place), but makes of a zero, which is what is written most
 * often into a freed object, the same object handed out again and again. */
static inline void check_links(const struct slab *s) {
  bool broken;
  slab_list_length(s, s->free, &broken);
  if (unlikely(broken))
    fault_in_list(s);
}

/* The first n free cells of the slab, not all of them. */
static cold void *harvest_part(struct heap *h, struct slab *s, unsigned n) {
  struct cell *list = s->free, *last = list;
  for (unsigned i = 1; i < n; i++)
    last = last->next;
  struct cell *rest = last->next;
  last->next = NULL;
  int32_t used = slab_used(s);
  heap_count_freed(h, s->class, n);
  list_cut_from(h, s, n);
  slab_watch_first_free(s, SLAB_CURRENT, used + (int32_t)n);
  void *p = hand_out(h, s, list, n);
  s->free = rest;
  return p;
}

/* All free cells of the slab become the thread's list.  `linked`: by us, just now. */
static inline void *harvest(struct heap *h, struct slab *s, bool linked) {
  struct cell *list = s->free;
  unsigned n = s->carved - (unsigned)slab_used(s);
  if (!linked)
    check_links(s);
  uint32_t cut = h->cut[s->class];
  if (unlikely(cut > 1 && cut <= n))
    return harvest_part(h, s, cut - 1);
  heap_count_freed(h, s->class, n);
  list_cut_from(h, s, n);
  slab_watch_first_free(s, SLAB_CURRENT, (int32_t)s->carved);
  void *p = hand_out(h, s, list, n);
  atomic_signal_fence(memory_order_seq_cst); /* a fork in between must not find the list lost */
  s->free = NULL;
  return p;
}

/* What fits into the pages that the next cell touches: the kernel's work for a new page weighs more
 * than a slow path. */
static unsigned cells_to_carve(const struct slab *s) {
  size_t size = slab_cell_bytes(s), at = s->carved * size;
  unsigned cells = (unsigned)((round_up(at + size, PAGE_BYTES) - at) / size);
  return s->dirty && cells < CARVE_CELLS ? CARVE_CELLS : cells;
}

static void *carve(struct heap *h, struct slab *s) {
  size_t size = slab_cell_bytes(s);
  unsigned cells = cells_to_carve(s);
  if (unlikely(h->cut[s->class] > 1 && h->cut[s->class] <= cells))
    cells = h->cut[s->class] - 1;
  unsigned n;
  int32_t used = slab_used(s);
  struct cell *list = slab_carve(s, cells, &n);
  list_cut_from(h, s, n);
  slab_watch_first_free(s, SLAB_CURRENT, used + (int32_t)n);
  uint64_t bytes = count_get(&h->carved_bytes) + n * size;
  atomic_store_explicit(&h->carved_bytes, bytes, memory_order_relaxed);
  if (bytes > count_get(&h->carved_peak))
    atomic_store_explicit(&h->carved_peak, bytes, memory_order_relaxed);
  return hand_out(h, s, list, n);
}

/* Before a new block is taken: what waits elsewhere for no good reason. */
static struct slab *empty_slab(struct heap *h, unsigned c) {
  struct slab *s = heap_take_slab(h, c);
  if (s != NULL)
    return s;
  list_release_to_grow(h);
  heap_collect_idle();
  s = heap_take_slab(h, c);
  return s == NULL && heap_take_block(h) ? heap_take_slab(h, c) : s;
}

/* The next slab to cut from: one with free cells, else an empty one; NULL if refused. */
static struct slab *next_slab(struct heap *h, unsigned c) {
  struct slab *s = h->queue[c].first;
  if (s != NULL) {
    queue_remove(&h->queue[c], s);
    return s;
  }
  return empty_slab(h, c);
}

/* Now and then, so that a thread that is served from few slabs for long still notices. */
static cold void housekeeping(struct heap *h) {
  if (h->ticks % MAIL_TICKS == 0)
    heap_collect(h);
  list_release_if_due(h);
  heap_give_back(h, false);
  if (heap_looks_around != NULL)
    heap_looks_around(h, 0);
}

void heap_attend(void *p, struct slab *s, const char *entry, const void *site) {
  int32_t used = slab_used(s);
  if (unlikely(used < 0 || !slab_has_cell(s, p)))
    fault_in_slab(s, entry, p, SITE(site));
  struct heap *h = s->owner;
  if (!slab_recycles(s)) {
    list_update_state(h, s, used);
    return;
  }
  if (s->countdown_start == RECYCLES_MAX) /* it saw no refill for long */
    h->ticks |= MAIL_TICKS - 1;
  list_on_countdown(h, s);
  if (++h->ticks % TICKS == 0)
    housekeeping(h);
}

void *heap_refill(struct heap *h, unsigned c) {
  if (likely(h->current[c] != NULL))
    list_count_recycled(h, h->current[c]);
  atomic_store_explicit(&h->known[c], count_get(&h->passed[c]), memory_order_relaxed);
  if (unlikely(++h->ticks % TICKS == 0))
    housekeeping(h);
  struct slab *s = h->current[c];
  for (;;) {
    if (s != NULL) {
      bool collected = s->free == NULL && inbox_waiting(&h->inbox);
      if (collected)
        heap_collect_for(h, s);
      if (s->free != NULL)
        return harvest(h, s, collected);
      if (s->carved < s->capacity)
        return carve(h, s);
      list_leave(h, s);
    }
    s = h->current[c] = next_slab(h, c);
    if (s == NULL)
      return NULL;
    list_count_recycled(h, s);
    list_watch_current(h, s, slab_used(s));
  }
}
