/* The thread cache: objects of 512..4096 bytes that a thread freed, kept for its next requests.
 *
 * jemalloc has a cache of each thread, too; but the way there leads through the gate, and its free
 * looks up what it is given.  With ours a pair of 1,000 bytes takes 68 instructions instead of 143
 * (jemalloc's own, without us: 76).
 *
 *   malloc: cache[k] -> object -> object ...       k: one of jemalloc's size classes
 *   free:   the byte of its page says k             else, and when the list is full: jemalloc
 *
 * A list holds CACHE_BYTES.  One that was found full and then empty was too short for what the
 * thread does, and may hold twice as much from then on, up to four times: with 1,000 objects
 * of 512..4096 bytes replaced at random two requests in a hundred go to jemalloc with lists of 64
 * KiB, and cost a sixth of the time.  All lists together grow by no more than a sixteenth of the
 * large objects that are alive and GROWTH_LEAST.  Lists are short again when the cache is cleared.
 *
 * A second free of an object in the thread's own cache ends the program.  It is not noticed if the
 * object is in another thread's cache, or went on to jemalloc because the list was full.
 *
 * What goes into the cache counts as freed, what leaves it as a request; to jemalloc's own figures
 * what is in caches is alive.  There is none with all tags or ARENASHIM_SIGNAL (large.c), nor for a
 * MALLOC_CONF that asks for something of each object (zero, junk, prof) or for no caches
 * (tcache:false).
 *
 * A cache lies in its thread's heap.  Only that thread may call these functions, with its own heap,
 * and no signal handler that interrupted one of them.
 */
#ifndef SHIM_THREAD_CACHE_H
#define SHIM_THREAD_CACHE_H

#include "heap.h"
#include "size_class.h"
#include "thread_record.h"

enum {
  CACHE_BYTES = 64 << 10, /* of one class, at first */
  CACHE_DOUBLINGS = 2,
  GROWTH_LEAST = 4 << 20
};

/* The class of an object of jemalloc's, by its page; CACHED_CLASSES or more: it is not cached. */
static inline unsigned cache_class_of(const void *p) { return page_kind(p) - (PAGE_PLAIN + 1); }

/* From now on the cache takes objects, unless jemalloc's settings forbid it.  After jemalloc has
 * started; before that every list counts as full. */
hidden cold void cache_open(struct heap *h);

/* The first bytes of an object in the cache: by its owner a second free is noticed, so that is
 * cleared when the object is handed out. */
struct cached {
  struct cell *next;
  uintptr_t owner; /* the heap whose cache it is in */
};

/* p is first in the list of class k and was never put there, because the program wrote to an object
 * after its free: one line, and the program ends. */
_Noreturn hidden cold void cache_fault(const struct heap *h, unsigned k, const void *p);

/* take: an object of class k for the caller; NULL if there is none.  put: false if the list is
 * full, the object's page is not of one cached class, or the object seems to be in the cache
 * already; nothing has changed then.
 *
 * A program that writes to a freed object may make its link lead elsewhere.  What is there does not
 * name this heap as its owner, so it is not handed out; to subtract the owner and to compare is one
 * instruction. */
static inline void *cache_take(struct heap *h, unsigned k) {
  struct cached *p = (struct cached *)record_of(h)->cache[k];
  if (likely(p != NULL)) {
    record_of(h)->cache[k] =
        p->next; /* first: else a fork can leave p in the list, its owner taken */
    atomic_signal_fence(memory_order_seq_cst);
    p->owner -= (uintptr_t)h;
    if (unlikely(p->owner != 0))
      cache_fault(h, k, p);
    record_of(h)->cache_room[k]++;
  }
  return p;
}
static inline bool cache_put(struct heap *h, void *object) {
  unsigned k = cache_class_of(object);
  struct cached *p = object;
  if (unlikely(k >= CACHED_CLASSES) || unlikely(record_of(h)->cache_room[k] == 0) ||
      unlikely(p->owner == (uintptr_t)h))
    return false;
  *p = (struct cached){record_of(h)->cache[k], (uintptr_t)h};
  record_of(h)->cache[k] = object;
  record_of(h)->cache_room[k]--;
  return true;
}

/* After cache_take returned NULL, and cache_put false, for class k or an object whose page has that
 * kind: they decide how long lists may be. */
hidden cold void cache_grow(struct heap *h, unsigned k);
static inline void cache_was_empty(struct heap *h, unsigned k) {
  if (unlikely(record_of(h)->cache_full >> k & 1))
    cache_grow(h, k);
}
static inline void cache_was_full(struct heap *h, unsigned kind) {
  unsigned k = kind - (PAGE_PLAIN + 1);
  if (k < CACHED_CLASSES && record_of(h)->cache_room[k] == 0)
    record_of(h)->cache_full |= (uint16_t)(1 << k);
}

/* For an object that cache_put refused, or that is not freed but reallocated: ends the program,
 * with one line, if it is in the cache already.  `entry` and `caller` as in large.h. */
hidden void cache_check(struct heap *h, const void *p, const char *entry, const void *caller);

/* In the child of a fork, for each heap but the calling thread's: its thread has vanished, perhaps
 * between an object and the list.  The child's copy of memory is of no single moment either: other
 * threads went on while the kernel copied one page after the other. */
hidden void cache_fork_child(struct heap *h);

/* Gives all objects in the cache back to jemalloc, unless a fork keeps the gate closed; h may be
 * NULL. Outside the gate. */
hidden void cache_clear(struct heap *h);

#endif
