/* How much memory jemalloc may keep that no object is in.
 *
 * By its own defaults it gives objects of 8 MiB and more back at every free, and the program pays
 * for their pages again at the next malloc; everything else it keeps for up to ten seconds.  Here
 * what is idle serves the next requests, for half a second at most, within two limits:
 *
 *   live + idle <= most + max(most / 10, FEW_BYTES)     so the peak is the program's own
 *   idle <= max(live, FEW_BYTES)                        what is freed for good goes at once
 *
 * where `most` is what was ever live, less what small objects took from the system since (down to a
 * third above what is live).  The second may take back one `most` in LOOK_MS.
 *
 * All but the idle bytes is known without asking: each thread adds up what it takes and gives, and
 * tells of it PURGE_PUBLISH_BYTES at a time.  jemalloc is asked when a limit may have been passed:
 *
 *   live = live_then + taken - given     idle <= idle_then + given     then: when it was asked last
 *
 * Pages may be idle, or live, that nobody ever touched, and then cost nothing: see is_worth_it.
 *
 * Nothing of all this before FEW_BYTES were taken: the first question costs 400 KB.
 *
 * A MALLOC_CONF that sets oversize_threshold or dirty_decay_ms switches all this off.
 */
#ifndef SHIM_PURGE_POLICY_H
#define SHIM_PURGE_POLICY_H

#include "heap.h"

/* What this thread has taken from jemalloc and given back, and not told yet; in bytes. */
struct purge_traffic {
  uint64_t taken, given;
};
extern hidden __thread struct purge_traffic purge_traffic
    __attribute__((tls_model("initial-exec")));

enum { PURGE_PUBLISH_BYTES = 1 << 20 };

static inline void purge_note_alloc(size_t bytes) { purge_traffic.taken += bytes; }
static inline void purge_note_free(size_t bytes) { purge_traffic.given += bytes; }

/* Time to tell?  Asked after each of the two, outside of jemalloc. */
static inline bool purge_is_due(void) {
  return purge_traffic.taken + purge_traffic.given >= PURGE_PUBLISH_BYTES;
}

/* The thread, which has this heap, tells, and idle pages may go: when it is due, when the thread
 * ends, and from time to time while the heap works on small objects, which took so many bytes more
 * from the system.  Not inside jemalloc.  Keeps errno. */
hidden void purge_run(struct heap *h, size_t small_bytes);

/* After a large request that was served to the thread of this heap: jemalloc has begun then.  The
 * first call reads jemalloc's settings; true once that is done. */
hidden bool purge_setup(struct heap *h);

/* Inside the gate: a request of so many bytes was refused.  True: something that was kept has gone
 * back, and another try is worth it. */
hidden bool purge_now(size_t bytes);

/* In the child of a fork. */
hidden void purge_fork_child(void);

#endif
