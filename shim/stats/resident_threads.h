/* Which addresses are threads' stacks: libc keeps a thread's control block at the top of its stack,
 * and each arena knows that of the thread it serves.  The main thread's, which the loader makes,
 * lies with its thread-local storage.  Threads that never asked for memory are not known. */
#ifndef SHIM_RESIDENT_THREADS_H
#define SHIM_RESIDENT_THREADS_H

#include "heap.h"

struct thread_place {
  uintptr_t pointer; /* of the control block */
  uint32_t thread;   /* kernel id */
  uint32_t arena;
};

struct thread_places {
  struct thread_place *item; /* by rising pointer */
  size_t count, next;
};

/* Fills t->item, which has room for `most`. */
hidden void thread_places_read(struct thread_places *t, size_t most);

/* The first thread whose control block lies from start to end, NULL if there is none; *threads: how
 * many do.  `start` must not go down from call to call. */
hidden const struct thread_place *thread_place_in(struct thread_places *t, uintptr_t start,
                                                  uintptr_t end, unsigned *threads);

#endif
