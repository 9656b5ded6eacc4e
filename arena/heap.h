/* malloc and free of small objects: the paths that a program's calls take.
 *
 * heap_state.h has the picture.  The inline functions are the fast paths, which take no lock and
 * make no system call; the others are the slow paths, and keep errno.  Any thread; not from signal
 * handlers.
 */
#ifndef ARENA_HEAP_H
#define ARENA_HEAP_H

#include "fault.h"
#include "heap_refill.h"
#include "heap_state.h"
#include "heap_thread.h"

/* The fast path of malloc: a cell of class c (0: a request of no bytes), or NULL if the list is
 * empty. */
static inline void *heap_pop(size_t c) {
  struct heap *h = heap_self;
  struct cell *p = h->head[c];
  cpu_result(p);
  if (likely(p != NULL))
    h->head[c] = p->next;
  return p;
}

/* The slow path of malloc: a cell of class c (0: a request of no bytes); NULL if the system refuses
 * memory, or with tags if the thread has no heap. */
hidden void *heap_alloc_slow(size_t c);

/* The slow path of free: another heap's object, any object if there are tags, or what cannot be
 * freed, which ends the program with a message (fault.h). */
hidden void heap_free_slow(void *p, struct slab *s, const char *entry, const void *caller);

/* The fast path of free.  heap_free_barred: must p go the slow path, since s is another heap's slab
 * or p was freed just now?  (Only the owner may read `freed_to`.)  If not, heap_free_fast puts
 * p back; if it returns true, heap_on_countdown must follow.
 *
 * The second question costs two of a pair's 32 instructions.  malloc could ask it for nothing (with
 * a list that ends in a cell that points to itself, one comparison is enough for both), but later:
 * meanwhile a slab with a live object could look empty. */
static inline bool heap_free_barred(const struct slab *s, const void *p) {
  return unlikely(s->owner != heap_self) || unlikely(*s->freed_to == p);
}
static inline bool heap_free_fast(struct slab *s, void *p) {
  struct cell **freed_to = s->freed_to;
  ((struct cell *)p)->next = *freed_to;
  *freed_to = p;
  return unlikely(--s->countdown == 0);
}

/* Frees an object.  p must lie in the range; if it is not an object, the program ends with a
 * message (fault.h) that names `entry`, the function that the program called, and `caller`, from
 * where. */
static inline void heap_free_as(void *p, const char *entry, const void *caller) {
  struct slab *s = slab_of(p);
  if (heap_free_barred(s, p))
    heap_free_slow(p, s, entry, caller);
  else if (heap_free_fast(s, p))
    heap_on_countdown(p, s, entry, caller);
}
static inline void heap_free(void *p) { heap_free_as(p, "free", DIRECT); }

/* Usable bytes of an object.  p must lie in the range; if it is not an object, the program ends as
 * by heap_free_as. */
static inline size_t heap_usable(const void *p, const char *entry, const void *caller) {
  const struct slab *s = slab_of(p);
  if (unlikely(!slab_has_cell(s, p)))
    fault_in_slab(s, entry, p, caller);
  return slab_cell_bytes(s);
}

#endif
