/* The one range of addresses that holds every small object and, below them, what we know of it.
 *
 *   low addresses                                                        high addresses
 *   | tags | heaps | block rows | mail rows | slab rows | guard |  data: slab 0, slab 1, ...      |
 *                                                               ^ base                ^ base + span
 *
 * Rows lie outside the data, so an object that overflows cannot reach them; and at constant
 * distances from `base`, so that the row of an object is found with one load (base), no table.
 * "Is this pointer ours" is a subtract and a compare with `span`.
 *
 * Tags (tag.h) are there only when asked for; their section is as large as the data needs.  The
 * whole range is reserved at once where address space is free.  Under a limit (ulimit -v) nothing
 * is reserved ahead: the same places are taken step by step at the end of each section. When a
 * section cannot grow the caller forwards the request to jemalloc.
 *
 * Invariants: every section's [0, committed) is readable and writable; the rows of every slab
 * below `span` are committed; span only grows.
 */
#ifndef ARENA_RANGE_H
#define ARENA_RANGE_H

#include "base.h"

#define DATA_MAX_BYTES (UINT64_C(1) << 38)
#define SLABS_MAX      (DATA_MAX_BYTES >> SLAB_SHIFT)

enum { ROW_BYTES = CACHE_LINE, HEAP_BYTES = PAGE_BYTES, HEAPS_MAX = 1 << 15 };
enum { MAIL_ROW_BYTES = 9 * CACHE_LINE };        /* odd: rows spread over all sets of a cache */
enum { TAG_ROW_BYTES = SLAB_BYTES / GRAIN * 4 }; /* a 32-bit word for each cell of 16 bytes */

/* Distances below base of the sections' first bytes. */
#define GUARD_BYTES      ((uint64_t)SLAB_BYTES)
#define SLAB_ROWS_BELOW  (GUARD_BYTES + SLABS_MAX * ROW_BYTES)
#define MAIL_ROWS_BELOW  (SLAB_ROWS_BELOW + SLABS_MAX * MAIL_ROW_BYTES)
#define BLOCK_ROWS_BELOW (MAIL_ROWS_BELOW + SLABS_MAX * ROW_BYTES)
#define HEAPS_BELOW      (BLOCK_ROWS_BELOW + (uint64_t)HEAPS_MAX * HEAP_BYTES)

enum { BLOCK_BYTES_MIN = SLAB_BYTES, BLOCK_BYTES_MAX = 16 << 20, BLOCK_BYTES_DEFAULT = 1 << 20 };

enum section {
  SECTION_TAGS,
  SECTION_HEAPS,
  SECTION_BLOCK_ROWS,
  SECTION_MAIL_ROWS,
  SECTION_SLAB_ROWS,
  SECTION_DATA,
  SECTIONS
};

struct range {
  uintptr_t base;       /* first byte of slab 0; read-only after range_setup */
  uintptr_t span;       /* bytes of data in use: whole blocks; written with release order */
  uintptr_t slab_rows;  /* base - SLAB_ROWS_BELOW: free adds it from memory, one instruction less */
  uintptr_t tag_rows;   /* first byte of slab 0's */
  uintptr_t tag_bias;   /* what tag_row (tag.h) adds */
  unsigned block_shift; /* a block has 2^block_shift bytes */
  bool tagged;          /* cells have tags */
  _Atomic uintptr_t reserved[SECTIONS];
  _Atomic uintptr_t committed[SECTIONS];
  uintptr_t slack; /* bytes reserved that no section has: the guard, alignment */
};

extern hidden struct range range;

static inline uintptr_t range_offset(const void *p) { return (uintptr_t)p - range.base; }
/* A plain load: of an aligned word it is one, and the compiler may then fold it into the compare
 * of free's straight path, which it does not do with atomic ones. */
__attribute__((no_sanitize("thread"))) static inline uintptr_t range_span(void) {
  return range.span;
}
static inline bool range_holds(const void *p) { return range_offset(p) < range_span(); }

/* Reserves the range for blocks of that size, a power of two in BLOCK_BYTES_MIN..MAX, and for tags
 * if wanted.  Call once, before any other function of arena/; false if no address space is to be
 * had. */
hidden bool range_setup(size_t block_bytes, bool tagged);

/* Makes the section's first `bytes` usable.  False if the system refuses. */
hidden bool range_commit(enum section s, uintptr_t bytes);

/* Adds blocks to the data: span grows by at least one block.  False if refused. */
hidden bool range_grow(void);

/* The right to grow a section, for one thread at a time.  Never waits for long: false after a
 * bounded time, so that a fork that lost the holder, or a signal that interrupted it, costs a
 * forwarded request and not a hang.  Also false for the next REFUSALS requests after a growth
 * that failed: then each would cost system calls.  range_growth_forget is for a fork's child. */
enum { REFUSALS = 100 };
hidden bool range_growth_enter(void);
hidden void range_growth_leave(bool grown);
hidden void range_growth_forget(void);

#endif
