/* What the first request of the process and of each thread sets up: options, the range, a heap. */
#ifndef SHIM_SETUP_H
#define SHIM_SETUP_H

#include "heap.h"

/* The first call reads the options and reserves the range.  True: small requests can be served from
 * heaps.  False: the shim is disabled, has no address space, or another thread is in the middle of
 * the first call.  Any thread, also before libc is set up; requests no memory of malloc's. */
hidden bool setup_once(void);

/* Can small requests be served from heaps?  False before setup_once.  Anywhere. */
hidden bool setup_is_ready(void);

/* Called at the end of a thread that has a heap, or that called setup_watch_end: in it, beside the
 * destructors of the program's keys.  NULL: nothing is. */
extern hidden void (*setup_thread_ends_hook)(void);
hidden void setup_watch_end(void);

/* The calling thread's heap, taken now if it has none yet; NULL once the thread's end has begun, or
 * if there is no memory for one.  Not in signal handlers beyond what malloc allows. */
static inline struct heap *heap_of_thread(void) {
  struct heap *h = heap_mine();
  if (likely(h != NULL))
    return h;
  return heap_self == &heap_none && setup_once() ? heap_acquire() : NULL;
}

#endif
