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
 * A cell that another thread freed and the owner has not collected yet is free here: its tag says
 * so, and it is taken off what the account holds.
 *
 * The scratch memory is mapped for the time between begin and end.  Any thread, signal handlers
 * too; one at a time.  An arena whose thread is running is read as it changes.
 */
#ifndef SHIM_SITES_H
#define SHIM_SITES_H

#include "../arena/heap.h"

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
  uint64_t pinned;            /* free bytes in slabs that only living objects keep */
  unsigned arenas;
};

/* False: no memory for the scratch (errno is ENOMEM), or another report is reading (EBUSY); then
 * no other function may be called. */
hidden bool sites_begin(void);
hidden void sites_end(void);

/* Bytes mapped for the scratch. */
hidden uint64_t sites_bytes(void);

/* In the child of a fork: another thread's reading will not be finished. */
hidden void sites_forget(void);

/* Numbers below this had a site when sites_begin was called. */
hidden uint32_t sites_count(void);

/* Looks at every tag of an arena; for its lines that follow. */
hidden void sites_scan(const struct heap *h);

/* One site in the arena scanned last.  False: it never asked for anything there. */
hidden bool sites_line(const struct heap *h, uint32_t site, struct site_line *line);

/* Adds up all arenas (scans them), then the sum of each site; false: it has nothing. */
hidden void sites_add_up(void);
hidden bool sites_sum(uint32_t site, struct site_line *line);

/* Bytes requested by the living objects of a class, in all arenas scanned since sites_begin. */
hidden uint64_t sites_class_bytes(unsigned c);

/* Free cells that no living object pins, in the arena scanned last. */
hidden uint64_t sites_unpinned(void);

#endif
