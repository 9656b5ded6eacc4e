/* Where a heap's slabs come from and go to: its empty slabs, its blocks, the kernel.
 *
 * Empty slabs wait in two lists of the heap: dirty (pages still resident, reused first) and
 * clean.  Memory goes back to the kernel in slow paths only: what is above
 *     limit = EMPTY_KEEP_BYTES or a quarter of the carved bytes, whichever is larger, + missed
 * at once, oldest first; the rest when it has been empty for EMPTY_DELAY_MS.  What went back and is
 * needed again before that is missed: a program that builds and frees the same amount again and
 * again pays for its pages twice, then no more (a million objects: 72 and 24 ns became 12 and 12).
 * Nothing is missed any more when pages have been empty for EMPTY_DELAY_MS.  A block with nothing
 * alive leaves the heap as a whole.
 */
#ifndef ARENA_HEAP_MEMORY_H
#define ARENA_HEAP_MEMORY_H

#include "heap_state.h"

enum { EMPTY_KEEP_BYTES = 1 << 20, EMPTY_KEEP_SHARE = 4, EMPTY_DELAY_MS = 500 };

/* A slab of that class with nothing carved, in no list; NULL if the heap's blocks have none. */
hidden struct slab *heap_take_slab(struct heap *h, unsigned c);

/* One more block; false if the system refuses memory.  Those before are used up. */
hidden bool heap_take_block(struct heap *h);

/* Takes back a slab without used cells that is in no queue.  Keeping gives nothing to the
 * kernel; retiring does what the policy says. */
hidden void heap_keep_slab(struct heap *h, struct slab *s);
hidden void heap_retire_slab(struct heap *h, struct slab *s);

/* Gives to the kernel what has been empty for long; with `all`, everything empty. */
hidden void heap_give_back(struct heap *h, bool all);

/* Links an EMPTY slab into the list that suits it. */
hidden void heap_list_empty(struct heap *h, struct slab *s);

/* Cells that have been handed out in lists so far: the clock that ages of blocks are read by. */
hidden uint64_t heap_passed(const struct heap *h);

/* Called in slow paths: now and then with 0, and with the bytes of a block that was taken; may be
 * NULL.  The heap is whole then, but it may be in the middle of a malloc. */
extern hidden void (*heap_looks_around)(struct heap *, size_t taken);

/* Links a block into the heap's list. */
hidden void heap_link_block(struct heap *h, struct block *b);

static inline void queue_push_last(struct slab_queue *q, struct slab *s) {
  s->next = NULL;
  s->prev = q->last;
  *(q->last != NULL ? &q->last->next : &q->first) = s;
  q->last = s;
}

static inline void queue_push_first(struct slab_queue *q, struct slab *s) {
  s->prev = NULL;
  s->next = q->first;
  *(q->first != NULL ? &q->first->prev : &q->last) = s;
  q->first = s;
}

static inline void queue_remove(struct slab_queue *q, struct slab *s) {
  *(s->prev != NULL ? &s->prev->next : &q->first) = s->next;
  *(s->next != NULL ? &s->next->prev : &q->last) = s->prev;
  s->next = s->prev = NULL;
}

#endif
