/* What a heap counts: the part of it that readers see, inside of the process and outside
 * (pieces.h).
 *
 *   base - COUNTS_BELOW        base - HEAPS_BELOW
 *   | counts 0 | counts 1 | ... | heap 0 | heap 1 | ...        HEAP_BYTES each
 *
 * Counts and heap are a constant distance apart, so that counts are found without a load.  Nothing
 * here decides where memory is taken from or goes to.
 *
 * The thread that has the heap writes; every thread may read at any time.
 *
 * Exact, while no thread changes the heap:
 *   allocations = passed - |head| + sum over slabs of recycled
 *   frees       = freed + sum over slabs of (recycled + carved - used) + remote frees not collected
 * As of the last slow path, which is all that is known of a running thread's heap:
 *   allocations = known               frees = freed
 * Always: passed - freed = carved cells, in all slabs of the class.
 */
#ifndef ARENA_HEAP_COUNTS_H
#define ARENA_HEAP_COUNTS_H

#include "range.h"

struct heap;

/* By class where there are CLASS_SLOTS. */
struct heap_counts {
  _Atomic uint64_t passed[CLASS_SLOTS]; /* cells moved to the thread list */
  _Atomic uint64_t known[CLASS_SLOTS];  /* allocations, at least */
  _Atomic uint64_t freed[CLASS_SLOTS];  /* frees whose cells were taken up again */
  _Atomic uint64_t remote[CLASS_SLOTS]; /* frees by other threads: part of freed */
  uint64_t forked[CLASS_SLOTS];         /* frees before this process was forked off: not ours */
  uint64_t forked_remote[CLASS_SLOTS];  /* frees by other threads: part of forked */
  _Atomic uint64_t total_blocks;        /* ever taken */
  _Atomic uint64_t carved_peak;  /* highest carved_bytes: upper bound of the peak of live bytes */
  _Atomic uint64_t live_peak;    /* with tags: highest live bytes, as of the last books_publish */
  _Atomic uint64_t large_allocs; /* large requests: for the code that uses the heaps */
  _Atomic uint64_t large_frees;  /* frees of large objects by this thread; likewise */
  _Atomic uint32_t threads;      /* how many it has served */
  _Atomic uint32_t thread;       /* the kernel's id of the thread that has it; 0: none */
  _Atomic uint32_t joined;       /* for the code that uses the heaps */
  uint32_t tagged;               /* 1: its cells have tags */
  char name[16]; /* of the thread that the program named, or of the last one that ended */
  _Atomic uint64_t pointer; /* the thread pointer of that thread, which libc keeps in its stack */

  /* Large objects that are alive and in its books, and what they hold, where only some objects are
   * tagged; any thread changes them. */
  _Atomic uint64_t large_tagged, large_tagged_bytes;
};

static_assert(sizeof(struct heap_counts) <= HEAP_BYTES, "at the heaps' distances");

/* The counts of a heap in the range, which is never one of the empty records.  Any context. */
static inline struct heap_counts *counts_of(const struct heap *h) {
  return (struct heap_counts *)((uintptr_t)h - (COUNTS_BELOW - HEAPS_BELOW));
}

#endif
