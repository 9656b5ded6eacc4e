/* The purge policy: how much memory jemalloc may keep that no object is in.
 *
 * By its own defaults it gives objects of 8 MiB and more back at every free, and the program pays
 * for their pages again at the next malloc; everything else it keeps for up to ten seconds.  Here
 * idle pages serve the next requests, for two seconds at most, within two limits:
 *
 *   live + idle <= most + max(most / 10, FEW_BYTES)     so the peak is the program's own
 *   idle <= max(live, FEW_BYTES)                        what is freed for good is purged at once
 *
 * where `most` is the highest value of live so far, lowered by what the small-object heap has
 * mapped since, but never below 4/3 of live.  By the second limit at most `most` bytes are purged
 * every CHECK_MS.
 *
 * Each thread counts what it allocates and frees, and when it publishes the sums,
 * PURGE_PUBLISH_BYTES at a time, jemalloc's pages are counted (jemalloc_pages.h); where many arenas
 * have to be read, after as many times COUNT_BYTES.  A limit that is exceeded is not all:
 *
 *   * Pages may be idle, or live, that no thread ever touched, and then cost nothing: see
 *     was_above_peak and is_worth_it.
 *   * Each thread takes pages from an arena of its own, so idle ones add up that do not serve the
 *     thread that needs some: see note_peak_purge.
 *
 * Nothing of all this before FEW_BYTES were allocated: jemalloc's first mallctl costs 400 KiB.
 *
 * A MALLOC_CONF that sets oversize_threshold or dirty_decay_ms switches all this off.
 */
#ifndef SHIM_PURGE_POLICY_H
#define SHIM_PURGE_POLICY_H

#include "heap.h"

/* Bytes that this thread allocated from jemalloc and freed to it, and has not published yet. */
struct purge_traffic {
  uint64_t allocated, freed;
  uint64_t beside; /* bytes of huge objects, which jemalloc does not serve */
};
extern hidden __thread struct purge_traffic purge_traffic
    __attribute__((tls_model("initial-exec")));

enum { PURGE_PUBLISH_BYTES = 1 << 20 };

/* Count bytes that jemalloc served or gets back.  The calling thread's; inside the gate or outside.
 */
static inline void purge_note_alloc(size_t bytes) { purge_traffic.allocated += bytes; }
static inline void purge_note_free(size_t bytes) { purge_traffic.freed += bytes; }

/* Counts bytes of huge objects, which are no matter of this policy's, so that what purge_run does
 * beside it is done in time. */
static inline void purge_note_beside(size_t bytes) { purge_traffic.beside += bytes; }

/* Must follow each of the two, outside the gate: when it is time, purge_run for the calling
 * thread's heap h (or NULL), and a look at other threads' heaps of small objects. */
hidden void purge_when_due(struct heap *h);
static inline void purge_if_due(struct heap *h) {
  if (unlikely(purge_traffic.allocated + purge_traffic.freed + purge_traffic.beside >=
               PURGE_PUBLISH_BYTES))
    purge_when_due(h);
}

/* Publishes what this thread counted, and purges idle pages if a limit is exceeded: when it is due,
 * when the thread ends, and from time to time while the thread's heap works on small objects, for
 * which it has mapped small_bytes more since the last call (else 0).  h: the calling thread's heap;
 * NULL: only publishes.  Not inside jemalloc: a signal handler that interrupted it has no effect.
 * Keeps errno. */
hidden void purge_run(struct heap *h, size_t small_bytes);

/* Bytes of the large objects that are alive, as published: each thread may be PURGE_PUBLISH_BYTES
 * ahead of it or behind.  Any thread, signal handlers too. */
hidden uint64_t purge_live_bytes(void);

/* Called by purge_run, as its last act, with the bytes that were allocated since this thread's last
 * call: large objects and blocks.  They may be none, as where it only frees, or has freed a huge
 * object.  The thread may be in the middle of a malloc or free, with its heap whole.  NULL, or set
 * in the constructor. */
extern hidden void (*purge_taken_hook)(size_t bytes);

/* After a large request was served to the thread with this heap, so that jemalloc has started.  The
 * first call reads jemalloc's settings; true once that is done.  Outside the gate; keeps errno. */
hidden bool purge_setup(struct heap *h);

/* After jemalloc refused a request of `bytes` bytes: purges all idle pages.  Returns true if memory
 * went back to the system, so that another try is worth it; false also if MALLOC_CONF has switched
 * the policy off.  Any thread, inside the gate. */
hidden bool purge_now(size_t bytes);

/* Lets the policy run again; its sums go on from the parent's.  In the child of a fork. */
hidden void purge_fork_child(void);

#endif
