/* Lists are refilled, and slabs change their state.
 *
 *             list used up         first free, or a cell comes back
 *   CURRENT ────────────────> FULL ──────────────────────────> QUEUED ──> CURRENT again
 *      ^                                                          │ last used cell freed
 *      └──────────────── a class is assigned ──── EMPTY <─────────┘
 *
 * The equations of slabs are in slab.h, those of the counters in heap_state.h.
 */
#include "heap_refill.h"
#include "check.h"
#include "fault.h"
#include "heap_collect.h"
#include "heap_list.h"
#include "heap_memory.h"
#include "heap_pair.h"
#include "heap_thread.h"
#include "heap_visit.h"
#include "os.h"

/* Cells carved at a time, at least, where pages are resident anyway: enough that the slow path does
 * not matter. */
enum { CARVE_CELLS = 64 };

/* Slow paths between two looks at the clock, and between two collections of all mail.  The latter
 * are rarer because a slab whose mail was taken must be posted again, which costs the thread that
 * frees next three more accesses to memory that other threads write. */
enum { TICKS = 8, MAIL_TICKS = 32 };

static void *hand_out(struct heap *h, struct slab *s, struct cell *list, unsigned n) {
  unsigned c = s->class;
  count_add(&counts_of(h)->passed[c], n);
  if (unlikely(h->user_countdown[c] > 1))
    h->user_countdown[c] -= n < h->user_countdown[c] ? n : h->user_countdown[c] - 1;
  h->head[c] = list->next;
  return list;
}

/* A link that the program overwrote after it freed the object must not be followed: malloc would
 * hand out whatever it points to.  The links are checked once a list, when it is cut; the cells are
 * about to be touched anyway, and bursts of a thousand and of a million objects take as long as
 * without the check.  (The links of cells that other threads freed were written by us just now and
 * are not checked: there the check would cost a tenth.)
 *
 * Not noticed: an object that is freed into the thread's own list, overwritten there and handed out
 * before that list is walked again.  A link that is encoded by a secret would show that, for one or
 * two more instructions than the 32 of a pair.  A link that is the distance to the next cell would
 * cost none (malloc then adds it to the list's head in place); but a zero, which is what programs
 * write most often into freed objects, would then make malloc hand out the same object again and
 * again. */
static inline void check_links(const struct slab *s) {
  bool broken;
  slab_list_length(s, s->free, &broken);
  if (unlikely(broken))
    fault_in_list(s);
}

/* The walk waits for each cell in turn, and in a heap that no second-level cache holds that is for
 * memory.  So the lines where cells begin are fetched first, all at once, live cells' among them: a
 * program that replaces some of 100,000 objects at random takes 31 ns a pair instead of 45, and 50
 * instead of 60 with objects of 16..1023 bytes (46 and 26 without any check).  Not for a few cells,
 * nor in a small heap, whose lines are near. */
enum { FETCH_HEAP_BYTES = 1 << 20, FETCH_SHARE = 64 };
static inline void fetch_links(const struct heap *h, const struct slab *s, unsigned n) {
  if (count_get(&h->carved_bytes) < FETCH_HEAP_BYTES || n * FETCH_SHARE < s->carved)
    return;
  size_t size = slab_cell_bytes(s), step = size < CACHE_LINE ? CACHE_LINE : size;
  const char *p = slab_memory(s), *end = p + s->carved * size;
  for (; p < end; p += step)
    __builtin_prefetch(p);
}

/* Makes the first n free cells of the slab the thread's list; the slab has more. */
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
  debug(slab_is_valid(s));
  return p;
}

/* Makes the free cells of the slab the thread's list; all of them, unless the heap's user wants a
 * request for itself before.  `linked`: we wrote their links just now. */
static inline void *harvest(struct heap *h, struct slab *s, bool linked) {
  struct cell *list = s->free;
  unsigned n = s->carved - (unsigned)slab_used(s);
  if (!linked) {
    fetch_links(h, s, n);
    check_links(s);
  }
  uint32_t countdown = h->user_countdown[s->class];
  if (unlikely(countdown > 1 && countdown <= n))
    return harvest_part(h, s, countdown - 1);
  heap_count_freed(h, s->class, n);
  list_cut_from(h, s, n);
  slab_watch_first_free(s, SLAB_CURRENT, (int32_t)s->carved);
  void *p = hand_out(h, s, list, n);
  atomic_signal_fence(memory_order_seq_cst); /* a fork between the two must not lose the list */
  s->free = NULL;
  debug(slab_is_valid(s));
  return p;
}

/* The cells that fit into the pages that the next cell touches: for a new page the kernel works
 * longer than a slow path does. */
static unsigned cells_to_carve(const struct slab *s) {
  size_t size = slab_cell_bytes(s), at = s->carved * size;
  unsigned cells = (unsigned)((round_up(at + size, PAGE_BYTES) - at) / size);
  return s->dirty && cells < CARVE_CELLS ? CARVE_CELLS : cells;
}

static void *carve(struct heap *h, struct slab *s) {
  size_t size = slab_cell_bytes(s);
  unsigned cells = cells_to_carve(s);
  if (unlikely(h->user_countdown[s->class] > 1 && h->user_countdown[s->class] <= cells))
    cells = h->user_countdown[s->class] - 1;
  unsigned n;
  int32_t used = slab_used(s);
  struct cell *list = slab_carve(s, cells, &n);
  list_cut_from(h, s, n);
  slab_watch_first_free(s, SLAB_CURRENT, used + (int32_t)n);
  uint64_t bytes = count_get(&h->carved_bytes) + n * size;
  atomic_store_explicit(&h->carved_bytes, bytes, memory_order_relaxed);
  if (bytes > count_get(&counts_of(h)->carved_peak))
    atomic_store_explicit(&counts_of(h)->carved_peak, bytes, memory_order_relaxed);
  debug(slab_is_valid(s));
  return hand_out(h, s, list, n);
}

/* The only thread finds nothing, but ends the hurry that the last look began. */
static void visit_others(void) {
  if (unlikely(budget_running() > 1 || list_most_recycles() < RECYCLES_MAX))
    heap_visit_some();
}

/* An EMPTY slab of the heap; NULL also if the thread has put it aside.  Before a new block is taken
 * for it, cells that wait in lists and in the mail of idle heaps go back to their slabs. */
static struct slab *empty_slab(struct heap *h, unsigned c) {
  visit_others();
  struct slab *s = heap_take_slab(h, c);
  if (s != NULL)
    return s;
  list_release_to_grow(h);
  heap_collect_idle();
  s = heap_take_slab(h, c);
  if (s != NULL || !heap_take_block(h) || heap_was_left(h))
    return s;
  return heap_take_slab(h, c);
}

/* The next slab to cut a list from: one with free cells, else an empty one; NULL if the system
 * refuses memory. */
static struct slab *next_slab(struct heap *h, unsigned c) {
  struct slab *s = h->queue[c].first;
  if (s != NULL) {
    queue_remove(&h->queue[c], s);
    return s;
  }
  return empty_slab(h, c);
}

/* What is done after each TICKS slow paths, so that a thread that is served from few slabs for long
 * also collects mail and gives memory back. */
static cold void housekeeping(struct heap *h) {
  uint32_t now = os_now_ms();
  heap_note_awake(h, now);
  if (h->ticks % MAIL_TICKS == 0) {
    heap_collect(h);
    heap_look_aside(h, now);
  }
  list_release_if_due(h, now);
  heap_give_back(h, now, false);
  visit_others();
  heap_trim_old();
  if (heap_housekeeping_hook != NULL)
    heap_housekeeping_hook(h, 0);
}

void heap_on_countdown(void *p, struct slab *s, const char *entry, const void *caller) {
  int32_t used = slab_used(s);
  if (unlikely(used < 0 || !slab_has_cell(s, p)))
    fault_in_slab(s, entry, p, CALLER(caller));
  struct heap *h = s->owner;
  if (!slab_recycles(s)) {
    list_update_state(h, s, used);
    return;
  }
  if (slab_countdown_start(s) >= list_most_recycles()) /* there was no refill for long */
    h->ticks |= MAIL_TICKS - 1;
  list_on_countdown(h, s);
  if (++h->ticks % TICKS == 0)
    housekeeping(h);
}

void *heap_refill(struct heap *h, unsigned c) {
  if (likely(h->current[c] != NULL))
    list_count_recycled(h, h->current[c]);
  atomic_store_explicit(&counts_of(h)->known[c], count_get(&counts_of(h)->passed[c]),
                        memory_order_relaxed);
  if (unlikely(++h->ticks % TICKS == 0)) {
    housekeeping(h);
    if (heap_was_left(h))
      return NULL;
  }
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
