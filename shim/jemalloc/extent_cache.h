/* The extent cache: objects of more than 32 KiB that were freed, kept for the next requests of
 * their size class.
 *
 * jemalloc gives such an object an extent of its own.  It cuts it off a larger one and joins it
 * with its neighbours again when it is freed, which takes 0.3..1 us a pair.  Its thread caches
 * could keep them, but up to 20 of each class and thread, and as long as a thread sleeps.  Here
 * they are the process's:
 *
 *   shard   one of EXTENT_SHARDS, by the number of the thread's heap, so that threads seldom meet
 *     take  the newest object of a class
 *     put   an object, if there is room for one more of its class, and by bytes
 *   trim    every 100 ms (purge_policy.h) what has not been needed since the last time goes back
 *           to jemalloc; everything, before idle pages are purged
 *
 *   bytes of a shard <= limit / number of shards that have objects
 *   limit = what jemalloc's live bytes have always left of EXTENTS_SMALL, but at most EXTENTS_FEW;
 *           in larger processes an EXTENTS_SHARE of the live bytes, so that a program that frees
 *           all it had leaves nothing here; less than a MiB serves too few requests to pay
 *
 * The limit is that low because an object that waits here keeps its neighbours from being joined:
 * with 30 MB alive of 16..516 KB, 4 MB kept here made a pair a third faster, and the peak an eighth
 * higher.
 *
 * To jemalloc what is here is alive, and the peak limit of the purge policy counts it so, too; in
 * the books and reports it is not.  The page map says that an object is here: so a second free is
 * noticed, whichever thread makes it, as long as the object is here.  The object itself is neither
 * read nor written, because the program may have protected its pages, mapped a file over them, or
 * kept them from a fork's child.
 *
 * A thread never waits for a shard: while another thread is in it, jemalloc serves.  In the child
 * of a fork no shard is taken by a thread that has vanished, because all had left the gate; but
 * for a fork by a signal handler that interrupted jemalloc: such a shard then serves nobody.
 *
 * Nothing is put where a thread's cache (thread_cache.h) is not open, or MALLOC_CONF has switched
 * the purge policy off, nor in a process that has made arenas of jemalloc's, because their objects
 * go when the arena goes.
 *
 * Any thread, inside the gate where nothing else is said; not in signal handlers beyond what malloc
 * allows; errno is kept.
 */
#ifndef SHIM_EXTENT_CACHE_H
#define SHIM_EXTENT_CACHE_H

#include "heap.h"
#include "huge.h"
#include "size_class.h"

enum {
  EXTENT_LEAST = (32 << 10) + 1, /* bytes of the smallest requests that may be served */
  EXTENT_FIRST = 25,             /* the class of EXTENT_LEAST */
  EXTENT_CLASSES = 20,           /* up to that of the largest request below HUGE_LEAST */
  EXTENTS_A_CLASS = 16,          /* in one shard */
  EXTENT_SHARDS = 8,
  EXTENTS_FEW = 4 << 20,
  EXTENTS_SMALL = 24 << 20,
  EXTENTS_SHARE = 256
};

/* Is k a class whose objects may be kept here? */
static inline bool extent_has_class(unsigned k) { return k - EXTENT_FIRST < EXTENT_CLASSES; }

/* An object of class k, one of the above, for the caller, who must note it in the page map; NULL if
 * there is none.  h: the calling thread's heap. */
hidden void *extent_take(struct heap *h, unsigned k);

/* Keeps p, an object of class k that the caller owns; false, and nothing has changed, if there is
 * no room.  h: the calling thread's heap. */
hidden bool extent_put(struct heap *h, void *p, unsigned k);

/* Does p point into the first page of an object in the cache?  Any context. */
static inline bool extent_is_cached(const void *p) {
  return page_kind(p) - (PAGE_IDLE + PAGE_PLAIN + 1 + EXTENT_FIRST) < EXTENT_CLASSES;
}

/* Gives back to jemalloc what was not needed since the last call, and all that a shard with too
 * much has; or with `all` everything.  A shard that a thread is busy with stays as it is. */
hidden void extent_trim(bool all);

/* Sets the limit by jemalloc's live bytes and the most that were alive.  What is above it goes back
 * at the next trim: live bytes that rise and fall must not move everything to and fro. */
hidden void extent_set_limit(uint64_t live, uint64_t most);

/* Bytes in the cache.  Any context. */
hidden uint64_t extent_bytes(void);

#endif
