/* Several lists of a heap that are walked together, one cell of each in turn.
 *
 *   list 0   cell ──> cell ──> cell        In a large heap a cell that was freed some time ago is a
 *   list 1   cell ──> cell                 wait for memory, and along one list these waits follow
 *   list 2   cell ──> cell ──> cell ...    each other.  In turn, they overlap.
 *
 * For the thread that has the heap.  The functions call nothing; not from signal handlers.
 */
#ifndef ARENA_LIST_TURNS_H
#define ARENA_LIST_TURNS_H

#include "heap_state.h"

struct turns {
  unsigned lists; /* that have a cell left; the arrays have an entry for each */
  unsigned class[CLASS_SLOTS];
  struct cell *next[CLASS_SLOTS]; /* the cell whose turn it is */
  uint32_t cells[CLASS_SLOTS];    /* how many there were before it */
};

/* Adds the list of class c, which is no part of *t yet, unless it is empty. */
static inline void turns_add(struct turns *t, const struct heap *h, unsigned c) {
  if (h->head[c] == NULL)
    return;
  t->class[t->lists] = c;
  t->next[t->lists] = h->head[c];
  t->cells[t->lists++] = 0;
}

/* The next cell of entry i is `next`, which is fetched.  NULL: its list has none left, and the last
 * entry takes its place; so entries must be visited from the last to the first. */
static inline void turns_go_on(struct turns *t, unsigned i, struct cell *next) {
  t->next[i] = next;
  t->cells[i]++;
  if (next != NULL) {
    __builtin_prefetch(next, 1);
    return;
  }
  t->lists--;
  t->class[i] = t->class[t->lists];
  t->next[i] = t->next[t->lists];
  t->cells[i] = t->cells[t->lists];
}

#endif
