/* Memory of threads that sleep goes back to the kernel: slow paths of other threads visit their
 * heaps.
 *
 * A thread that waits for ever, in epoll or as one of a pool that has too many, neither collects
 * its mail nor looks at its empty slabs.  What goes back without it, once it had no slow path for
 * EMPTY_DELAY_MS:
 *
 *   pages of which every cell is in the mail      other threads freed them, and they are linked to
 *                                                 nothing; some of the slab's cells may be alive
 *   slabs that were empty for EMPTY_DELAY_MS      which the owner would have purged by now
 *
 * The owner can wake up at any moment, and neither its fast paths nor its refills take a lock.  So
 * a visitor leaves alone whatever they touch: lists of cells, queues, counters, books.  What it
 * works on it first takes away, by atomic steps that the owner's own slow paths make as well: cells
 * out of the mail (mail_hold), where the owner then finds fewer, and an empty slab from the others
 * (slab_borrow), of which the owner then takes another.  Afterwards it puts them back.  Slabs stay
 * the owner's, and count as before: as used cells in the mail, and as empty.  When the owner
 * collects such mail, pages that went come back as they are touched; slabs that are empty then are
 * not touched (inbox_open).
 *
 * A few blocks are looked at each time, the next time those after them: in slow paths, once in a
 * thousand frees of other threads' objects, and once in a MiB of large requests; but, unless the
 * last look found something, once in VISIT_LOOK_MS.  While looks find something, threads are in
 * slow paths more often (list_recycles_most).
 *
 * One thread visits at a time, with all signals blocked.  A fork waits for it, so that no cell is
 * lost in the child, and so do reports, in whose figures cells that are held would be alive.
 *
 * Functions keep errno, and allocate nothing.  Any thread, with or without a heap; not from signal
 * handlers, unless they say more.
 */
#ifndef ARENA_HEAP_VISIT_H
#define ARENA_HEAP_VISIT_H

#include "heap_budget.h"

/* The cost of one look: a block is 1, each slab of a thread that sleeps 1 more, and one that gives
 * pages back 8 more.  So it purges 8 MiB at most, which takes about a millisecond. */
enum {
  VISIT_LOOK_MS = 10, /* at least, between two looks that find nothing */
  VISIT_COST = 1024,
  VISIT_COST_PURGE = 8
};

/* Notes that the calling thread is in a slow path of its heap h; `now` is os_now_ms. */
static inline void heap_note_awake(struct heap *h, uint32_t now) {
  atomic_store_explicit(&h->inbox.seen_ms, now, memory_order_relaxed);
}

/* Looks at some blocks, if it is time. */
hidden void heap_visit_some(void);

/* The same now and then, after another heap's cell with that number was freed: a thread may do
 * nothing else.  The numbers are a clock that costs no memory: one cell of 64 counts. */
hidden void heap_visit_tick(void);
static inline void heap_visit_after_free(uint32_t cell) {
  if (unlikely(cell % 64 == 0))
    heap_visit_tick();
}

/* Visits all heaps, whether their threads sleep or not, and purges slabs however short they have
 * been empty. */
hidden void heap_visit_all(void);

/* Between these two no thread visits, and heap_visits_stop has waited until none did; a second at
 * most.  Any context. */
hidden void heap_visits_stop(void);
hidden void heap_visits_go_on(void);

/* In the child of a fork, whose heap is `mine`, or NULL: a visitor that is gone returns a slab of
 * that heap.  (Other heaps are rebuilt.) */
hidden void heap_visits_fork_child(const struct heap *mine);

#endif
