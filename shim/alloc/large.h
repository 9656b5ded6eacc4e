/* Large requests, the slow paths: all that the fast paths (large_fast.h) leave to them.
 *
 * n > SMALL_MAX; a small request that our heap refused comes here, too.  Any thread, also one
 * without a heap, and none that is inside the gate; not in signal handlers beyond what malloc
 * allows. `frame` is the caller_frame of the entry that the program called, `entry` its name, for
 * messages, and `caller` the code address it was called from (DIRECT: heap_state.h). A request
 * returns an object of at least n bytes that the caller owns; NULL and ENOMEM if no allocator has
 * memory. errno is kept otherwise.
 */
#ifndef SHIM_LARGE_H
#define SHIM_LARGE_H

#include "heap_state.h"

/* As malloc and calloc: aligned to 16 bytes. */
hidden void *large_alloc_any(size_t n, const void *frame);
hidden void *large_calloc_any(size_t n, const void *frame);

/* Aligned to `alignment` bytes, a power of two above GRAIN. */
hidden void *large_memalign(size_t alignment, size_t n, const void *frame);

/* Tagged in any case: a sample of the small requests that get cells of `cell` bytes. */
hidden void *large_alloc_sample(size_t alignment, size_t n, size_t cell, const void *frame);

/* jemalloc's mallocx; n of any size. */
hidden void *large_mallocx(size_t n, int flags, const void *frame);

/* Frees p, which is outside the range, or NULL; `caller` is not DIRECT.  A pointer that no
 * allocator has ends the program, with one line. */
hidden void large_free_any(void *p, const char *entry, const void *caller);

/* jemalloc's dallocx: as large_free_any, but p is not NULL. */
hidden void large_free_flags(void *p, int flags, const char *entry, const void *caller);

/* Frees the objects whose frees were deferred while a fork kept the gate closed.  In fork's
 * handlers, when the gate has opened, and in a thread that found it closed. */
hidden void large_free_deferred(void);

/* Returns if jemalloc has the page of p; else names the pointer and what it is near, and ends the
 * program.  Lock-free; also inside the gate. */
hidden void large_check_pointer(const void *p, const char *entry, const void *caller);

/* With samples: a request that is none may take the fast path.  Set when jemalloc has served a
 * first request, and not if figures are remembered (figures.h): then the constructor clears it. */
extern hidden _Atomic bool large_between_samples;

/* From now on the calling thread's large requests do what tagged_follow has made of its heap h: all
 * are tagged, or they are counted towards samples, or they take the fast path again where they
 * may. */
hidden void large_follow(struct heap *h);

/* From now on this thread's large requests take the slow path, until a request finds again that
 * they need not.  In the constructor. */
hidden void large_close_fast_path(void);

#endif
