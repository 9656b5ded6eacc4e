/* Large requests (n > SMALL_MAX), the fast paths; what they cannot serve goes on to large.h.
 *
 * Any thread; not in signal handlers beyond what malloc allows; not inside the gate.  `frame` is
 * the caller_frame of the entry that the program called.
 */
#ifndef SHIM_LARGE_FAST_H
#define SHIM_LARGE_FAST_H

#include "base.h"

/* As malloc and calloc: an object of at least n bytes, aligned to 16, that the caller owns;
 * calloc's is zeroed.  NULL and ENOMEM if no allocator has memory; errno is kept otherwise. */
hidden void *large_alloc(size_t n, const void *frame);
hidden void *large_calloc(size_t n, const void *frame);

/* Frees p, a pointer outside the range or NULL.  `entry` is the name of the function that the
 * program called, `caller` the code address it was called from; DIRECT (heap_state.h) stands for
 * this function's own return address, where the entry jumps here as its last act.  A pointer that
 * no allocator has ends the program, with one line.  Keeps errno. */
hidden void large_free(void *p, const char *entry, const void *caller);

#endif
