/* The process's first request, and each thread's: options are read, heaps begin. */
#ifndef SHIM_SETUP_H
#define SHIM_SETUP_H

#include "heap.h"

/* Reads the options and reserves the range at the first call.  True if small requests can be
 * served from heaps; false if the shim is disabled, has no address space, or another thread
 * is in the middle of the first call.  Any thread; asks nobody for memory. */
hidden bool setup_once(void);

/* Can small requests be served from heaps?  False before setup_once. */
hidden bool setup_is_ready(void);

/* The calling thread's heap, taken now if it has none yet; NULL at the thread's end, or without
 * memory. */
static inline struct heap *heap_of_thread(void) {
  struct heap *h = heap_mine();
  if (likely(h != NULL))
    return h;
  return heap_self == &heap_none && setup_once() ? heap_acquire() : NULL;
}

#endif
