/* What the shim keeps for an arena beside its heap: one record in the heap's page, at a constant
 * offset, so that it costs no pointer.  The thread that has the heap writes it. */
#ifndef SHIM_THREAD_RECORD_H
#define SHIM_THREAD_RECORD_H

#include "heap_state.h"

/* Size classes of jemalloc's that a thread's cache has (thread_cache.h). */
enum { CACHED_CLASSES = 13 };

struct thread_record {
  void *capture;                      /* the struct capture of this arena (capture_state.h) */
  int64_t until_sample;               /* bytes of large requests until the next sample */
  uint64_t random;                    /* the state of the samples' random numbers */
  int outside;                        /* > 0: the thread is inside jemalloc (fork_gate.h) */
  bool large_fast;                    /* large requests may take the fast path (large_fast.h) */
  bool cache_is_open;                 /* cache_room is set (thread_cache.h) */
  uint8_t cache_room[CACHED_CLASSES]; /* objects that each list still has room for */
  uint32_t cache_doublings;           /* bits 2k and 2k + 1: how often list k has grown */
  struct cell *cache[CACHED_CLASSES];
  uint16_t cache_full; /* bit k: list k was full since it was last found empty */
};

static_assert(sizeof(struct thread_record) <= HEAP_USER_BYTES, "it fits into a heap");
static_assert(CACHED_CLASSES <= 16, "a bit for each");

/* The record beside a heap; of an empty record (heap_empty) all fields are 0 and must not be
 * written.  Any context. */
static inline struct thread_record *record_of(const struct heap *h) {
  return (struct thread_record *)h->user;
}

#endif
