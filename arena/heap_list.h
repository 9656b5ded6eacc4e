/* The thread's list of a class: which slabs' frees go to it, how long it may become, what goes
 * back.
 *
 *                    ┌ recycles: the current slab, and some that were current before ─> head[c]
 *   the owner's free ┤
 *                    └ the other slabs ─────────────────────────────────────────────> s->free
 *
 * In a heap of LIST_SPREAD_BYTES or more, which no processor's cache holds, slabs that were current
 * go on to recycle: the cell that was freed last is handed out first, whichever slab it lies in.  A
 * program that replaces some of 10^7 objects at random then waits for memory once a pair instead of
 * twice (75 ns a pair instead of 184; with 10^6 objects of 136 bytes 61 instead of 82).  In smaller
 * heaps this costs more than it gains, since each malloc then waits for the free before it: with 5
 * MiB alive 10.4 ns became 12.5; with 24 MiB it makes no difference.
 *
 * But a list keeps the slabs of its cells from becoming empty, and its length is not counted.  What
 * is known is (list_is_valid)
 *
 *   |list| <= length when it was last known + back + what slabs have recycled and was not counted
 *
 * What a slab has recycled is added to `back` when its countdown ends: after RECYCLES_LEAST frees
 * where the class has many slabs.  When LIST_BACK cells have come back, the list is measured.  If
 * it has more than LIST_LONG cells, these go back into their slabs, and the list is closed until it
 * is cut again: each slab whose countdown ends meanwhile puts the list back and, unless it is the
 * current one, keeps its frees itself until it is current again.  Lists of other classes that have
 * become as long are closed at the same time, since they can then go back together (list_turns.h).
 * So if a program frees all it has, only cells that were not counted yet stay in a list.  In heaps
 * in which slabs have gone on to recycle, the lists of classes with many slabs go back now and
 * then, and before the heap grows.
 *
 * Without other slabs' cells, the list is what keeps the current slab from becoming empty.  In a
 * heap that has more than its share (heap_budget.h) the frees of that slab are counted down to the
 * earliest moment at which it can be empty: then the list is measured, and if it has all of the
 * slab's cells, they go back and the slab is retired.  So a thread of a thousand that frees all it
 * has, and sleeps, keeps no more than its share.  A program that goes on to request and free finds
 * some objects alive each time: after LOOKS_EXACT looks in vain the next ones come after
 * LOOK_AGAIN frees, twice as many, and so on.
 *
 * If there are tags, or if the heap's user wants requests for itself (heap_state.h), only the
 * current slab recycles: with tags because the place of a tag is found by the current slab, else
 * because the list must end where the user's request is due.
 *
 * For the thread that has the heap.  Nothing here can fail unless stated; errno is kept; not from
 * signal handlers.  Cells that are in a list although they must not be end the program (check.h).
 */
#ifndef ARENA_HEAP_LIST_H
#define ARENA_HEAP_LIST_H

#include "heap_state.h"

enum {
  LIST_BACK = 2048,    /* cells that come back before a list is measured */
  LIST_LONG = 1024,    /* cells of a list that goes back */
  LIST_DELAY_MS = 100, /* between two times that all lists go back */
  LIST_GROWTH = 32,    /* before a block is taken they go back if the heap grew by a 32nd since */
  RECYCLES_FIRST = 16, /* first countdown of a slab that was current, so that a program that frees
                          all it has is noticed early */
  LOOK_ALIVE = 16,     /* the list is not measured where more objects than this must be alive */
  LOOKS_EXACT = 4,     /* looks at a list that come as early as they can succeed */
  LOOK_AGAIN = 64,     /* frees to the next one, twice as many to the one after it, up to */
  LOOKS_MOST = LOOKS_EXACT + 9, /* LOOK_AGAIN << 8, which is RECYCLES_MAX */
  RECYCLES_LEAST = 64,          /* further ones: RECYCLES_SHARED among the slabs of the class, */
  RECYCLES_SHARED = 2048,       /* but no fewer than RECYCLES_LEAST */
  RECYCLES_HURRY = 64
};

/* Cells that the list may have, without those that are not counted. */
static inline uint64_t list_most(const struct list *l) { return (uint64_t)l->length + l->back; }

/* Carved bytes from which on slabs that were current recycle: LIST_SPREAD_BYTES.  A variable for
 * tests. */
enum { LIST_SPREAD_BYTES = 32 << 20 };
extern hidden uint64_t list_spread_bytes;

/* Frees of a current slab, at most, until the thread is in a slow path: RECYCLES_MAX, or while
 * visits (heap_visit.h) find memory RECYCLES_HURRY, so that threads whose lists are never used up
 * go on with them. */
extern hidden _Atomic int32_t list_recycles_most;
static inline int32_t list_most_recycles(void) {
  return atomic_load_explicit(&list_recycles_most, memory_order_relaxed);
}

/* Moves what the slab has recycled into the heap's counters. */
hidden void list_count_recycled(struct heap *h, struct slab *s);

/* Around a change of user_countdown in the middle of a thread's life: what the current slabs have
 * recycled is counted before, and afterwards they recycle no further than to the next request that
 * the heap's user wants.  Owner only, in slow paths. */
hidden void list_count_current(struct heap *h);
hidden void list_follow_user(struct heap *h);

/* Number of carved cells of class c, in all of the heap's slabs.  Any thread. */
static inline uint64_t list_carved_cells(const struct heap *h, unsigned c) {
  return count_get(&counts_of(h)->passed[c]) - count_get(&counts_of(h)->freed[c]);
}

/* Prepares slab and counters for a list of n cells that is about to be cut from s: its frees go to
 * that list, unless it must end before for a request of the heap's user. */
hidden void list_cut_from(struct heap *h, struct slab *s, unsigned n);

/* Sets the countdown of s, which is the current slab and has `used` used cells. */
hidden void list_watch_current(struct heap *h, struct slab *s, int32_t used);

/* Makes the current slab, which is used up and counted, FULL: another slab will be current. */
hidden void list_leave(struct heap *h, struct slab *s);

/* Sets the state that follows from the number of used cells, which fell to `used`; a slab that is
 * empty now is retired. */
hidden void list_update_state(struct heap *h, struct slab *s, int32_t used);

/* Queues s, which is in no queue and not current, or retires it if `used` is 0. */
hidden void list_enqueue_or_retire(struct heap *h, struct slab *s, int32_t used);

/* Must follow when the countdown of a slab that recycles has ended. */
hidden void list_on_countdown(struct heap *h, struct slab *s);

/* Number of cells in the list of class c.  At the first link that leads to no cell of the heap's
 * slabs of that class, or in a circle, it stops and sets *broken, else clears it.  Also for a
 * thread that reads a heap that no other thread changes. */
hidden uint32_t list_length(const struct heap *h, unsigned c, bool *broken);

/* Puts all cells of the list of class c back into their slabs; false, and nothing changes, if it is
 * broken. */
hidden bool list_put_back(struct heap *h, unsigned c);

/* Puts all lists back into their slabs, which may become empty, the current ones included. */
hidden void heap_put_lists_back(struct heap *h);

/* The same, and no free of a slab of the heap goes to a list until one is cut again: what is in use
 * is then known at any time from the slabs' rows and the mail alone. */
hidden void heap_close_lists(struct heap *h);

/* Puts the lists of classes with many slabs back, if slabs that were current have recycled.
 * list_release_if_due: if that was LIST_DELAY_MS ago; `now` is os_now_ms.  list_release_to_grow:
 * before a block is taken, if the heap has grown by 1/LIST_GROWTH since. */
hidden void list_release_slabs(struct heap *h);
hidden void list_release_to_grow(struct heap *h);
hidden void list_release_if_due(struct heap *h, uint32_t now);

/* What the slabs of class c have recycled and was not counted. */
static inline uint64_t list_uncounted(const struct heap *h, unsigned c) {
  uint64_t n = 0;
  for (const struct block *b = h->blocks; b != NULL; b = b->ab_next)
    for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES) {
      const struct slab *s = slab_of(b->ab_mem + at);
      n += s->class == c ? slab_recycled(s) : 0;
    }
  return n;
}

/* Is the list of class c whole, and does the inequality above hold?  Walks the list and the slabs.
 */
static inline bool list_is_valid(const struct heap *h, unsigned c) {
  bool broken;
  uint32_t n = list_length(h, c, &broken);
  return !broken && n <= list_most(&h->lists[c]) + list_uncounted(h, c);
}

#endif
