/* malloc and free of small objects: the paths that a program's calls take.  heap_state.h has the
 * picture. */
#ifndef ARENA_HEAP_H
#define ARENA_HEAP_H

#include "fault.h"
#include "heap_refill.h"
#include "heap_state.h"
#include "heap_thread.h"

/* The straight path of malloc: a cell of class c (0 for no bytes), or NULL if the list is empty. */
static inline void *heap_pop(size_t c) {
  struct heap *h = heap_self;
  struct cell *p = h->head[c];
  cpu_result(p);
  if (likely(p != NULL))
    h->head[c] = p->next;
  return p;
}

/* The rest of malloc: a cell of class c; NULL if the system refuses memory.  Keeps errno.  Any
 * thread; not async-signal-safe. */
hidden void *heap_alloc_slow(size_t c);

/* What free does when the straight path is not enough. */
hidden void heap_free_slow(void *p, struct slab *s, const char *entry, const void *site);

/* The straight path of free.  Is it barred: by another heap's slab, or by a p that was freed just
 * now?  If not: puts p back; true if heap_attend is due.
 * The second question costs two of a pair's 32 instructions.  Malloc could ask it for nothing (a
 * list that ends in a cell that points to itself needs one compare for both), but later: meanwhile
 * a slab with a live object could look empty. */
static inline bool heap_free_barred(const struct slab *s, const void *p) {
  return unlikely(s->owner != heap_self) ||
         unlikely(*s->freed_to == p); /* `freed_to` is the owner's */
}
static inline bool heap_free_straight(struct slab *s, void *p) {
  struct cell **freed_to = s->freed_to;
  ((struct cell *)p)->next = *freed_to;
  *freed_to = p;
  return unlikely(--s->countdown == 0);
}

/* Frees an object of the range.  What is not one ends the program with a message (fault.h) that
 * names the function the program called, and from where. */
static inline void heap_free_as(void *p, const char *entry, const void *site) {
  struct slab *s = slab_of(p);
  if (heap_free_barred(s, p))
    heap_free_slow(p, s, entry, site);
  else if (heap_free_straight(s, p))
    heap_attend(p, s, entry, site);
}
static inline void heap_free(void *p) { heap_free_as(p, "free", DIRECT); }

/* Usable bytes of an object of the range; a pointer that is not one is a fault.  `entry` is the
 * function the program called. */
static inline size_t heap_usable(const void *p, const char *entry, const void *site) {
  const struct slab *s = slab_of(p);
  if (unlikely(!slab_has_cell(s, p)))
    fault_in_slab(s, entry, p, site);
  return slab_cell_bytes(s);
}

#endif
