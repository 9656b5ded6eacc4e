/* Which allocator serves a request, by size, and whose a pointer is, by address.
 *
 *   n <= SMALL_MAX   a cell of our heap (small.h); where that is refused, jemalloc
 *   above            jemalloc (large_fast.h), counted for the calling thread
 */
#ifndef SHIM_ROUTE_H
#define SHIM_ROUTE_H

#include "large_fast.h"
#include "small.h"

static inline void *any_alloc(size_t n, const void *frame) {
  return likely(n <= SMALL_MAX) ? small_alloc(n, frame) : large_alloc(n, frame);
}

static inline void any_free(void *p, const char *entry, const void *site) {
  if (likely(range_holds(p)))
    heap_free_as(p, entry, site);
  else
    large_free(p, entry, site);
}

/* Contract of memalign for a power of two; n as the program asked. */
hidden void *aligned_any(size_t alignment, size_t n, const void *frame);

/* Contract of malloc_usable_size; NULL gives 0. */
hidden size_t usable_any(const void *p, const char *entry, const void *site);

#endif
