/* Which objects' births are kept, and what becomes of that when they are freed (life.h).
 *
 * For the thread that has the heap, or has borrowed it; with tags.  Nothing here can fail; errno is
 * kept; not from signal handlers.
 */
#ifndef ARENA_HEAP_LIFE_H
#define ARENA_HEAP_LIFE_H

#include "heap_state.h"

/* Keeps the birth of p, a tagged object of h that was allocated just now, and draws the next gap.
 * Returns p, so that a request can end with it. */
hidden cold void *heap_keep_birth(struct heap *h, void *p);

/* Must follow each allocation of a tagged object p; returns p. */
static inline void *heap_count_birth(struct heap *h, void *p) {
  if (unlikely(--h->books.until == 0))
    return heap_keep_birth(h, p);
  return p;
}

/* The same for a large object of that call site.  True: its birth is kept. */
hidden bool heap_count_large_birth(struct heap *h, uint32_t site, const void *p);

/* An object of that call site whose birth was kept is freed, or given another tag: counts its
 * life. */
hidden void heap_count_life(struct heap *h, uint32_t site, const void *p);

#endif
