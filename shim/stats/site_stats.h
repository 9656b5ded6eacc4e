/* What call sites hold, for reports and dumps: the accounts as they are now, and the waste, which
 * only a look at every tag shows.
 *
 *   a slab with free cells    | A | . | A | B | . | . |    6 cells, 3 alive: each pins one free
 * cell
 *
 *   pinned bytes of a site = sum over slabs of free bytes * its objects / all objects there
 *
 * Shares are cut to whole bytes one after the other so that a slab's add up to its free bytes.
 * Slabs without a living object pin nothing: their free cells are nobody's.
 *
 * What another thread has freed and the owner has not collected yet is still alive in the owner's
 * accounts; its tags say that it is not, and it is taken off here.  So at every moment
 *
 *   allocs - frees = live objects      live_cells - live_bytes = rounding + jemalloc's own
 *
 * The scratch memory is mapped for the time between begin and end.  Any thread, signal handlers
 * too; one at a time.  An arena whose thread is running is read as it changes, and what can't be
 * (more freed than was allocated) reads as none.
 */
#ifndef SHIM_SITE_STATS_H
#define SHIM_SITE_STATS_H

#include "heap.h"

/* A call site in one arena, or in several. */
struct site_line {
  uint64_t allocs, frees;
  uint64_t bytes;                    /* requested, ever */
  uint64_t live_bytes;               /* requested */
  uint64_t live_cells;               /* with rounding */
  uint64_t peak_bytes;               /* of several arenas: the sum, an upper bound */
  uint64_t held_bytes, held_objects; /* at the process's peak */
  uint64_t temporary;
  uint64_t smallest, largest; /* requests; smallest > largest: none */
  uint64_t large_allocs;      /* went to jemalloc */
  uint64_t rounding;          /* of live_cells - live_bytes, the part in our own cells */
  uint64_t pinned;            /* free bytes in slabs that only living objects keep */
  unsigned arenas;
};

/* The sum of an arena's accounts; needs no scratch, and leaves out what only that can tell:
 * rounding and pinned. */
hidden void sites_arena(const struct heap *h, struct site_line *sum);

/* Bytes mapped for scratch, now. */
hidden uint64_t sites_bytes(void);

/* 0; ENOMEM: no memory for the scratch; EBUSY: somebody used it all the while (report_lock.h).
 * After an error nothing below may be called. */
hidden int sites_begin(unsigned patience_ms);
hidden void sites_end(void);

/* Between the two: all is as after sites_begin.  0 or ENOMEM: then only sites_end may be called. */
hidden int sites_again(void);

/* In the child of a fork: only the calling thread may go on with it. */
hidden void sites_forget(void);

/* Numbers below this had a site when sites_begin was called. */
hidden uint32_t sites_count(void);

/* Looks at every tag of an arena; for its lines that follow. */
hidden void sites_scan(const struct heap *h);

/* One site in the arena scanned last.  False: it never asked for anything there. */
hidden bool sites_line(const struct heap *h, uint32_t site, struct site_line *line);

/* Adds up all arenas (scans them): false without memory.  Then the sum of each site; false: it has
 * nothing. */
hidden bool sites_add_up(void);
hidden bool sites_sum(uint32_t site, struct site_line *line);

/* Bytes requested by the living objects of a class, in all arenas scanned since sites_begin. */
hidden uint64_t sites_class_bytes(unsigned c);

/* Bytes in free cells that no living object pins, in the arena scanned last, or in all. */
hidden uint64_t sites_unpinned(void);

#endif
