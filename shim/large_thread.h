/* A thread's first use of jemalloc.
 *
 * jemalloc gives each thread a cache at its first call, and goes on without checking that it
 * got memory for it: the thread's next request then reads through a null pointer.  So the first
 * call is one that requests nothing, and a thread for which a mapping was refused meanwhile
 * uses jemalloc without a cache from then on.
 */
#ifndef SHIM_LARGE_THREAD_H
#define SHIM_LARGE_THREAD_H

#include "../arena/base.h"

enum large_thread { LARGE_NEW = 0, LARGE_CACHED, LARGE_CACHELESS };

extern hidden __thread unsigned char large_thread_state __attribute__((tls_model("initial-exec")));

/* Starts jemalloc, at the end of the shim's constructor: its own constructor would set errno. */
hidden void large_start(void);

/* Decides LARGE_CACHED or LARGE_CACHELESS for a new thread. */
hidden void large_thread_begin(void);

/* Called for every mapping that jemalloc was refused. */
hidden void large_thread_refused(void);

/* May this thread use the entries that go through its cache? */
static inline bool large_thread_cached(void) {
  if (unlikely(large_thread_state == LARGE_NEW))
    large_thread_begin();
  return likely(large_thread_state == LARGE_CACHED);
}

#endif
