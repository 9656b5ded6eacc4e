/* Which allocator serves a request, by size, and whose a pointer is, by address.
 *
 *   n <= SMALL_MAX   a cell of our heap (small.h); where that is refused, jemalloc
 *   above            jemalloc (large_fast.h), counted for the calling thread
 *
 * Any thread; not in signal handlers beyond what malloc allows; outside the gate.  `frame` is the
 * caller_frame of the entry that the program called, `entry` its name, for messages, and `caller`
 * the code address it was called from.  NULL and ENOMEM if no allocator has memory; errno is kept
 * otherwise.  A pointer that no allocator has ends the program, with one line.
 */
#ifndef SHIM_ROUTE_H
#define SHIM_ROUTE_H

#include "large_fast.h"
#include "small.h"

/* As malloc. */
static inline void *any_alloc(size_t n, const void *frame) {
  return likely(n <= SMALL_MAX) ? small_alloc(n, frame) : large_alloc(n, frame);
}

/* As free.  `caller` may be DIRECT (heap_state.h) where this is the last act of an entry. */
static inline void any_free(void *p, const char *entry, const void *caller) {
  if (likely(range_holds(p)))
    heap_free_as(p, entry, caller);
  else
    large_free(p, entry, caller);
}

/* As memalign; the alignment is a power of two. */
hidden void *aligned_any(size_t alignment, size_t n, const void *frame);

/* As malloc_usable_size: bytes, 0 for NULL. */
hidden size_t usable_any(const void *p, const char *entry, const void *caller);

#endif
