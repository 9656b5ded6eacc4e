/* Counts of large requests and of frees of large objects: each thread's in its heap, those of
 * threads without a heap together. */
#ifndef SHIM_LARGE_COUNTS_H
#define SHIM_LARGE_COUNTS_H

#include "figures.h"
#include "purge_policy.h"
#include "thread_record.h"

#include <errno.h>

/* Requests and frees of threads that have no heap.  Any thread may read them. */
extern hidden _Atomic uint64_t heapless_large_allocs, heapless_large_frees;

/* Ends a large request: counts the object p for the thread that has heap h (NULL: no heap), or sets
 * errno to ENOMEM if p is NULL; returns p.  Then does what is due from time to time: jemalloc's
 * figures are read again, idle pages purged.  The calling thread's own heap, outside the gate. */
static inline void *large_count_alloc(struct heap *h, void *p) {
  if (unlikely(p == NULL)) {
    errno = ENOMEM;
  } else if (likely(h != NULL)) {
    count_add(&counts_of(h)->large_allocs, 1);
    if (unlikely(count_get(&counts_of(h)->large_allocs) % REFRESH_REQUESTS == 0))
      figures_refresh_if_due(h);
    purge_if_due(h);
  } else {
    atomic_fetch_add_explicit(&heapless_large_allocs, 1, memory_order_relaxed);
  }
  return p;
}

/* Counts one free made by the thread that has heap h (NULL: no heap).  The calling thread's own
 * heap; keeps errno. */
static inline void large_count_free(struct heap *h) {
  if (likely(h != NULL))
    count_add(&counts_of(h)->large_frees, 1);
  else
    atomic_fetch_add_explicit(&heapless_large_frees, 1, memory_order_relaxed);
}

/* In the child of a fork, whose only thread calls it: the counts begin again.  Objects that are
 * alive count as requests of threads without a heap. */
hidden void large_counts_fork_child(void);

#endif
