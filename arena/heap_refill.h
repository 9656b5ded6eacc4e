/* The owner's slow paths: the next list of cells, and what a slab's countdown is for. */
#ifndef ARENA_HEAP_REFILL_H
#define ARENA_HEAP_REFILL_H

#include "heap_state.h"

/* The list of class c is empty: the next cell and a new list; NULL if refused.  The owner's. */
hidden void *heap_refill(struct heap *h, unsigned c);

/* A cell of the calling thread's own or borrowed heap; NULL if refused. */
static inline void *heap_take_cell(struct heap *h, unsigned c) {
  struct cell *p = h->head[c];
  if (unlikely(p == NULL))
    return heap_refill(h, c);
  h->head[c] = p->next;
  return p;
}

hidden void heap_attend(void *p, struct slab *s, const char *entry, const void *site);

#endif
