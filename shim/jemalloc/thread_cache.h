/* A thread's shelf: objects of 512..4096 bytes that it freed, kept for its next requests.
 *
 * jemalloc has a cache of each thread, too; but the way there leads through the gate, and its free
 * looks up what it is given.  With the shelf a pair of 1,000 bytes takes 68 instructions instead of
 * 143 (jemalloc's own, without us: 76).
 *
 *   malloc: shelf[k] -> object -> object ...       k: one of jemalloc's size classes
 *   free:   the byte of its page says k             else, and when the shelf is full: jemalloc
 *
 * A second free of what lies on the thread's shelf ends the program.  Not seen is one of what lies
 * on another thread's, or went on to jemalloc because the shelf was full.
 *
 * Counted as frees and requests passed on; jemalloc's figures take what is on shelves for alive.
 * Not with all tags or ARENASHIM_SIGNAL (large_fast.c), nor for a MALLOC_CONF that asks for
 * something of each object (zero, junk, prof) or for no caches (tcache:false).
 */
#ifndef SHIM_THREAD_CACHE_H
#define SHIM_THREAD_CACHE_H

#include "heap.h"
#include "size_class.h"

enum { CACHE_BYTES = 64 << 10 }; /* of one class */

/* The shelf for an object of jemalloc's, by its page; SHELVES or more: there is none. */
static inline unsigned cache_class_of(const void *p) { return page_kind(p) - (PAGE_PLAIN + 1); }

/* When jemalloc runs: the thread that has this heap may use its shelves, unless jemalloc's settings
 * forbid them.  Without it they are full. */
hidden cold void shelf_open(struct heap *h);

/* What lies on a shelf: the next object, and whose shelf it is.  A program that frees an object a
 * second time finds that here; when the object is handed out again, it is taken off. */
struct cached {
  struct cell *next;
  uintptr_t owner; /* a heap */
};

/* p is on top of that shelf, and is none that was put there. */
_Noreturn hidden cold void cache_fault(const struct heap *h, unsigned k, const void *p);

/* The thread's that has this heap.  take: NULL if the shelf is empty.  put: false if it is full,
 * the page not of one class, or the object seems to be there already.
 *
 * A program that writes to a freed object may make its link lead elsewhere.  What is there does not
 * name this heap as its owner, so it is not handed out; to subtract the owner and to compare is one
 * instruction. */
static inline void *cache_take(struct heap *h, unsigned k) {
  struct cached *p = (struct cached *)h->shelf[k];
  if (likely(p != NULL)) {
    p->owner -= (uintptr_t)h;
    if (unlikely(p->owner != 0))
      cache_fault(h, k, p);
    h->shelf[k] = p->next;
    h->shelf_room[k]++;
  }
  return p;
}
static inline bool cache_put(struct heap *h, void *object) {
  unsigned k = cache_class_of(object);
  struct cached *p = object;
  if (unlikely(k >= SHELVES) || unlikely(h->shelf_room[k] == 0) ||
      unlikely(p->owner == (uintptr_t)h))
    return false;
  *p = (struct cached){h->shelf[k], (uintptr_t)h};
  h->shelf[k] = object;
  h->shelf_room[k]--;
  return true;
}

/* An object that could not be put there: ends the program if it is there already.  Sets a count
 * right that a fork left wrong: its thread, gone, stood between a list and its count. */
hidden void cache_check(struct heap *h, const void *p, const char *entry, const void *site);

/* Gives all of them (NULL: none) back to jemalloc, unless a fork keeps the gate closed. */
hidden void cache_clear(struct heap *h);

#endif
