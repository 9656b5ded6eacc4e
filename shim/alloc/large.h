/* Large requests, the slow paths: all that the fast ones (large_fast.h) leave to them.
 *
 * n > SMALL_MAX; a small request that our heap refused comes here, too.  Any thread, also one
 * without a heap.  `frame` is the caller_frame of the entry that the program called, `entry` its
 * name, for messages, and `site` the code address it was called from (DIRECT: heap.h).  Requests
 * give NULL and ENOMEM where nobody has memory, and keep errno otherwise.
 */
#ifndef SHIM_LARGE_H
#define SHIM_LARGE_H

#include "base.h"

hidden void *large_alloc_any(size_t n, const void *frame);
hidden void *large_calloc_any(size_t n, const void *frame);
hidden void *large_memalign(size_t alignment, size_t n, const void *frame);

/* Tagged in any case: a sample of the small requests that get cells of `cell` bytes. */
hidden void *large_alloc_sample(size_t alignment, size_t n, size_t cell, const void *frame);

/* A pointer outside the range, or NULL; `site` is not DIRECT.  One that nobody has is a fault: one
 * line, then abort. */
hidden void large_free_any(void *p, const char *entry, const void *site);

/* jemalloc's own entries with flags; p is outside the range and not NULL. */
hidden void *large_mallocx(size_t n, int flags, const void *frame);
hidden void large_free_flags(void *p, int flags, const char *entry, const void *site);

/* Frees what was put aside while a fork kept the gate closed. */
hidden void large_settle(void);

/* Returns if jemalloc has the page of p; else names the pointer and what it is near, and aborts. */
hidden void large_must_hold(const void *p, const char *entry, const void *site);

/* With samples: a request that is none may take the fast path.  Set once, when jemalloc has served
 * a first request. */
extern hidden _Atomic bool large_between_samples;

#endif
