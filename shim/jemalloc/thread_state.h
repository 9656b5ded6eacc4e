/* A thread's first uses of jemalloc.
 *
 * By itself jemalloc gives each thread a cache at its first call, whatever it is, and goes on
 * without looking whether there was memory for it, or for the arena that the cache belongs to:
 * the next request, or an event some 64 KiB later, then reads through a null pointer.  So here
 * a thread begins in jemalloc without a cache: every entry works in that state, and a refusal is
 * NULL.  The cache comes in a step of its own, when the thread has an arena, and
 * only if there is memory for it.  A thread that was refused one tries again at its 2nd, 4th,
 * 8th, ... request.
 *
 *   NEW -> CACHED     at the first request
 *   NEW -> NEW        no memory for a cache
 *   any -> OFF        the program switched it off ("thread.tcache.enabled"), or the thread ends and
 *                     other libraries' destructors still request memory
 *   OFF -> CACHED     the program switched it on again
 *   CACHED -> COUNTED the program reads jemalloc's counters of this thread, so that jemalloc must
 *                     see each of its requests
 */
#ifndef SHIM_THREAD_STATE_H
#define SHIM_THREAD_STATE_H

#include "base.h"

enum thread_state { THREAD_NEW = 0, THREAD_CACHED, THREAD_COUNTED, THREAD_OFF };

/* The calling thread's enum thread_state. */
extern hidden __thread unsigned char thread_state __attribute__((tls_model("initial-exec")));

/* Starts jemalloc unless it has started.  False: the system has no memory for it, and no entry of
 * jemalloc's may be called.  Inside the gate, or where no fork can be under way; keeps errno. */
hidden bool jemalloc_start(void);

/* Lets jemalloc be started again, if a thread of the parent was starting it.  In the child of a
 * fork. */
hidden void jemalloc_start_fork_child(void);

/* In a thread that is not THREAD_CACHED: starts jemalloc as jemalloc_start does, with its result,
 * and gives the thread an arena and a cache, if it is time to try and there is memory.  Inside the
 * gate; keeps errno. */
hidden cold bool thread_begin(void);

/* Before each request, inside the gate: false if jemalloc has no memory to start. */
static inline bool thread_is_ready(void) {
  return likely(thread_state == THREAD_CACHED) || thread_begin();
}

/* From now on jemalloc serves each large request of this thread itself: its cache is COUNTED.  For
 * the calling thread, outside the gate; not in signal handlers. */
hidden void thread_count_each(void);

/* After a mallctl of the program's, which may have switched this thread's cache on: false if there
 * was no memory for it, and it is off again.  For the calling thread, outside the gate; not in
 * signal handlers. */
hidden bool thread_cache_was_switched(void);

#endif
