/* How a region announces itself to the shim: one weak symbol and one struct.
 *
 *   program + libarena.a                     libarenashim.so
 *   arena_create ── arenashim_region_attach_v1(name, site) ──> a row of its region table
 *                <── the row, or NULL: count in your own ──
 *
 * The row belongs to the shim and is never unmapped, so that a report can read it at any time, even
 * while the region counts or ends.  One thread at a time writes a row: the one that uses the
 * region.  All fields are 64-bit words stored whole, so that a reader in another thread sees old or
 * new values, never a mixture inside one field.
 *
 * The layout is frozen: a later one gets a symbol with another number.
 */
#ifndef ARENA_ATTACH_H
#define ARENA_ATTACH_H

#include <stdint.h>

enum { REGION_NAME_MAX = 32 }; /* bytes of a region's name in reports, final NUL included */

enum region_row_state {
  REGION_ROW_FREE = 0, /* never used */
  REGION_ROW_LIVE = 1, /* a region counts here */
  REGION_ROW_ENDED = 2 /* its region was destroyed; a region of the same name may go on with it */
};

/* The counters of one region (definitions: arena.h, struct arena_stats).  In a row
 * that served several regions one after another the totals run on; total_* and
 * destroyed never fall, used and reserved are those of the region alive now. */
struct region_row {
  _Atomic uint64_t state;            /* enum region_row_state; the region stores ENDED last */
  _Atomic uint64_t total_allocs;     /* successful requests, size 0 included */
  _Atomic uint64_t total_size;       /* bytes requested */
  _Atomic uint64_t total_blocks;     /* blocks obtained, the first one included */
  _Atomic uint64_t total_block_size; /* payload bytes of those blocks */
  _Atomic uint64_t total_big_blocks; /* blocks with a payload above the default size */
  _Atomic uint64_t used;             /* bytes passed out and not taken back, padding included */
  _Atomic uint64_t reserved;         /* payload bytes of the blocks held now */
  _Atomic uint64_t peak;             /* largest value of used */
  _Atomic uint64_t destroyed;        /* regions of this row that were destroyed */
  uint64_t site;                     /* return address of the arena_create call */
  char name[REGION_NAME_MAX];        /* NUL-terminated, shortened to fit */
};

/* Returns the row for a new region of that name (NULL reads as "region") created at
 * that return address, state LIVE, its totals those of earlier regions it served; or
 * NULL if the table is full.  Any thread, not from signal handlers.  Never fails otherwise. */
struct region_row *arenashim_region_attach_v1(const char *name, const void *caller)
    __attribute__((weak));

#endif
