/* Large requests (n > SMALL_MAX), the fast paths; what they cannot serve goes on to large.h. */
#ifndef SHIM_LARGE_FAST_H
#define SHIM_LARGE_FAST_H

#include "base.h"

hidden void *large_alloc(size_t n, const void *frame);
hidden void *large_calloc(size_t n, const void *frame);

/* A pointer outside the range, or NULL.  `entry` is the name the program called, `site` the code
 * address it was called from (DIRECT: heap.h); one that nobody has is a fault. */
hidden void large_free(void *p, const char *entry, const void *site);

#endif
