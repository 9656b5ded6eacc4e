/* The thread's list of a class: who frees to it, how long it may grow, what goes back from it.
 *
 *                    ┌ recycles: the current slab, and some that were current before ─> head[c]
 *   the owner's free ┤
 *                    └ the others ───────────────────────────────────────────────────> s->free
 *
 * In a heap of LIST_SPREAD_BYTES and more, which no cache holds, slabs go on to recycle: what is
 * freed last is handed out first, whichever slab it lies in, and a program that replaces some of
 * 10^7 objects at random misses the cache once a pair instead of twice (184 ns a pair, 75 so; of
 * 10^6 objects of 136 bytes 82 and 61).  In smaller heaps it costs more than it gains, since each
 * malloc then waits for the free before it: with 5 MB alive 10.4 ns became 12.5, with 24 MB it is
 * even.
 *
 * But a list keeps its cells' slabs from being empty, and nobody counts it.  What is known is
 *
 *   |list| <= length when it was last known + back + what slabs have recycled and was not counted
 *
 * and a slab is counted, to `back`, when its countdown ends: after RECYCLES_LEAST frees where the
 * class has many slabs.  When LIST_BACK cells have come back the list is measured.  One above
 * LIST_LONG goes back into its slabs, and is closed until it is cut again: each slab whose
 * countdown ends meanwhile puts the list back and, unless it is the current one, keeps its frees
 * itself until it is current again.  So of a program that frees all it has, only cells that were
 * not counted yet stay in a list.  In heaps that have spread, the lists of classes of many slabs go
 * back now and then, and before the heap grows.
 *
 * With tags or samples only the current slab recycles: a tag's place is found by it, and a list
 * must end where the sample is due.
 */
#ifndef ARENA_HEAP_LIST_H
#define ARENA_HEAP_LIST_H

#include "heap_state.h"

enum {
  LIST_BACK = 2048,
  LIST_LONG = 1024,
  LIST_DELAY_MS = 100,
  LIST_GROWTH = 32,    /* all lists go back, before a block is taken, when a 32nd has come */
  RECYCLES_FIRST = 16, /* a program that frees all it has is to be noticed early */
  RECYCLES_LEAST = 64,
  RECYCLES_SHARED = 2048 /* among the slabs of a class */
};

static inline uint64_t list_most(const struct list *l) { return (uint64_t)l->length + l->back; }

/* LIST_SPREAD_BYTES, carved: as much as a last-level cache holds.  A variable for tests. */
enum { LIST_SPREAD_BYTES = 32 << 20 };
extern hidden uint64_t list_spread_bytes;

/* What the slab has recycled goes into the heap's counters. */
hidden void list_count_recycled(struct heap *h, struct slab *s);

/* So many cells of the class are carved, in all of the heap's slabs. */
static inline uint64_t list_carved_cells(const struct heap *h, unsigned c) {
  return count_get(&h->passed[c]) - count_get(&h->freed[c]);
}

/* A list of n cells is about to be cut from the slab.  Before a sample it must end. */
hidden void list_cut_from(struct heap *h, struct slab *s, unsigned n);

/* The slab is the current one, and `used` of its cells are. */
hidden void list_watch_current(struct heap *h, struct slab *s, int32_t used);

/* The current slab is used up, and counted: another will be current. */
hidden void list_leave(struct heap *h, struct slab *s);

/* The number of used cells fell to `used`: the state follows. */
hidden void list_update_state(struct heap *h, struct slab *s, int32_t used);

/* Puts a slab that is in no queue and not current where it belongs. */
hidden void list_enqueue_or_retire(struct heap *h, struct slab *s, int32_t used);

/* The countdown of a slab that recycles has ended. */
hidden void list_on_countdown(struct heap *h, struct slab *s);

/* Cells in the list of class c; *broken, and those before it, at the first link that leads to no
 * cell of the heap's slabs of that class, or in a circle. */
hidden uint32_t list_length(const struct heap *h, unsigned c, bool *broken);

/* All of it goes back into the slabs; false if it is broken. */
hidden bool list_put_back(struct heap *h, unsigned c);

/* The owner's: the lists of cells ready to be handed out go back into their slabs, which so may be
 * empty. */
hidden void heap_put_lists_back(struct heap *h);

/* Puts the lists back into their slabs if several recycle, so that slabs may be empty;
 * list_release_if_due, if that was LIST_DELAY_MS ago; list_release_to_grow, before a block is
 * taken, if the heap has grown by a part of itself since. */
hidden void list_release_slabs(struct heap *h);
hidden void list_release_to_grow(struct heap *h);
hidden void list_release_if_due(struct heap *h);

#endif
