/* The slow paths of the thread that has a heap: the next list of cells, and what follows when a
 * slab's countdown ends.
 *
 * For the thread that has the heap, or has borrowed it.  errno is kept; not from signal handlers.
 */
#ifndef ARENA_HEAP_REFILL_H
#define ARENA_HEAP_REFILL_H

#include "heap_state.h"

/* Takes a cell of class c (1..CLASSES), whose list is empty, and makes a new list; NULL if the
 * system refuses memory, or if the thread has just put h aside (heap_pair.h). */
hidden void *heap_refill(struct heap *h, unsigned c);

/* Takes a cell of class c (1..CLASSES); NULL if the system refuses memory. */
static inline void *heap_take_cell(struct heap *h, unsigned c) {
  struct cell *p = h->head[c];
  if (unlikely(p == NULL))
    return heap_refill(h, c);
  h->head[c] = p->next;
  return p;
}

/* Must follow when the free of p has ended the countdown of its slab s: moves s to the state that
 * it is in now.  Ends the program with a message (fault.h) that names `entry` and `caller` if p is
 * no object. */
hidden void heap_on_countdown(void *p, struct slab *s, const char *entry, const void *caller);

#endif
