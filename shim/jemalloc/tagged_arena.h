/* The arena of jemalloc's whose objects all have tags.
 *
 * In a process that somebody attached to, objects with tags live beside such without, and the byte
 * of its page says whether an object may have one (page_map.h).  Where several objects share a page
 * they must all have tags: so those come from slabs of their own.
 *
 *   before, after detach   the thread's arena    page: its size class
 *   meanwhile              the tagged arena      page: PAGE_TAGGED
 *
 * jemalloc keeps each arena's pages apart, but not its caches: an object that was freed into a
 * thread's cache would be handed out again to a request without a tag.  So a thread that tags all
 * its requests has a second cache of jemalloc's, for this arena alone; in others its objects are
 * freed with FLAG_NO_CACHE.  They are reallocated with jemalloc's own function only if they stay in
 * the arena (large_request.h).
 */
#ifndef SHIM_TAGGED_ARENA_H
#define SHIM_TAGGED_ARENA_H

#include "heap.h"
#include "jemalloc.h"

enum { FLAG_CACHE_SHIFT = 8, FLAG_ARENA_SHIFT = 20 };

/* The flag of jep_mallocx for an object of the tagged arena; 0: there is none.  Any context. */
extern hidden _Atomic int tagged_arena_flag;

/* Of the calling thread: the flag of its cache for that arena; 0: it has none. */
extern hidden __thread int tagged_cache_own __attribute__((tls_model("initial-exec")));

/* The flag with which this thread requests and frees the arena's objects. */
static inline int tagged_cache_flag(void) {
  return likely(tagged_cache_own != 0) ? tagged_cache_own : FLAG_NO_CACHE;
}

/* Makes it, unless it was made before or there is no memory.  One thread at a time; inside the
 * gate; keeps errno; not in signal handlers. */
hidden void tagged_arena_make(void);

/* The calling thread gets its cache, unless it has one, or there is no arena or no memory; gives it
 * and all objects in it back to jemalloc; or the objects alone.  Outside the gate, which they pass;
 * h: the thread's heap, or NULL.  They keep errno. */
hidden void tagged_cache_open(struct heap *h);
hidden void tagged_cache_close(struct heap *h);
hidden void tagged_cache_flush(struct heap *h);

/* In the child of a fork: the calling thread has no cache any more, and what is in it stays there.
 * jemalloc's fork handler makes its lists of caches anew, without the caches that have a number.
 * If one were destroyed, the thread's other cache would be linked to that of a thread that is gone.
 */
hidden void tagged_cache_fork_child(void);

/* Its number among jemalloc's, if there is one.  Any context. */
static inline unsigned tagged_arena_number(void) {
  return (unsigned)(tagged_arena_flag >> FLAG_ARENA_SHIFT) - 1;
}

#endif
