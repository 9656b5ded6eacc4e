/* The one range of addresses that holds every small object and, below them, what we know of them.
 *
 *   low addresses                                                        high addresses
 *   | tags | counts | heaps | block rows | mail rows | slab rows | guard | data: slab 0, ...     |
 *                                                                        ^ base       ^ base + span
 *
 * Rows lie outside the data, so that an object that overflows cannot reach them; and at constant
 * distances from `base`, so that the row of an object is found with one load (base) and no table.
 * "Is this pointer ours" is a subtraction and a comparison with `span`.
 *
 * Tags (tag.h) exist only on request, from the start or from a later moment on (range_add_tags);
 * their section has a word for every 16 bytes of data.
 *
 * No address is reserved.  Each section maps its next pages at its end when they are needed, so
 * that a process has hardly more addresses than it uses, and RLIMIT_AS, RLIMIT_MEMLOCK and core
 * dumps see what they see with any other malloc.  The places of the sections are a constant
 * distance apart, and so far below the place where the kernel maps things that neither gets into
 * the way of the other.  If a mapping of the program's lies where a section would grow, or if the
 * system refuses pages, the request for memory fails, and the caller may serve it from elsewhere.
 *
 * Invariants: every section's [0, committed) is readable and writable; the rows of every slab
 * below `span` are committed; span only grows.
 */
#ifndef ARENA_RANGE_H
#define ARENA_RANGE_H

#include "base.h"

#define DATA_MAX_BYTES (UINT64_C(1) << 38)
#define SLABS_MAX      (DATA_MAX_BYTES >> SLAB_SHIFT)

enum { ROW_BYTES = CACHE_LINE, HEAP_BYTES = 2 << 10, HEAPS_MAX = 1 << 15 };
enum { MAIL_ROW_BYTES = 9 * CACHE_LINE };        /* odd, so that rows spread over all sets */
enum { TAG_ROW_BYTES = SLAB_BYTES / GRAIN * 4 }; /* a 32-bit word for each cell of 16 bytes */

/* Distances below base of the sections' first bytes. */
#define GUARD_BYTES      ((uint64_t)SLAB_BYTES)
#define SLAB_ROWS_BELOW  (GUARD_BYTES + SLABS_MAX * ROW_BYTES)
#define MAIL_ROWS_BELOW  (SLAB_ROWS_BELOW + SLABS_MAX * MAIL_ROW_BYTES)
#define BLOCK_ROWS_BELOW (MAIL_ROWS_BELOW + SLABS_MAX * ROW_BYTES)
#define HEAPS_BELOW      (BLOCK_ROWS_BELOW + (uint64_t)HEAPS_MAX * HEAP_BYTES)
#define COUNTS_BELOW     (HEAPS_BELOW + (uint64_t)HEAPS_MAX * HEAP_BYTES)

enum { BLOCK_BYTES_MIN = SLAB_BYTES, BLOCK_BYTES_MAX = 16 << 20, BLOCK_BYTES_DEFAULT = 1 << 20 };

enum section {
  SECTION_TAGS,
  SECTION_COUNTS,
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
  uintptr_t slab_rows;  /* base - SLAB_ROWS_BELOW, so that free adds it in one instruction */
  uintptr_t tag_rows;   /* first byte of slab 0's tags */
  uintptr_t tag_bias;   /* constant part of the sum in tag_row (tag.h) */
  unsigned block_shift; /* a block has 2^block_shift bytes */
  bool tagged;          /* all cells have tags, since the start */
  bool has_tag_rows;    /* the tags of all slabs below `span` are mapped; with the right to grow */
  _Atomic uintptr_t committed[SECTIONS]; /* bytes of each section that are mapped */
};

extern hidden struct range range;

/* Bytes from base to p; huge if p lies below.  Any context. */
static inline uintptr_t range_offset(const void *p) { return (uintptr_t)p - range.base; }
/* Bytes of data in use.  A plain load: for an aligned word it is atomic, and the compiler can fold
 * it into the comparison on free's fast path, which it does not do with atomic loads.  Any context.
 */
__attribute__((no_sanitize("thread"))) static inline uintptr_t range_span(void) {
  return range.span;
}
/* Does p lie in the data?  Any context. */
static inline bool range_holds(const void *p) { return range_offset(p) < range_span(); }

/* Chooses the place of the range, for blocks of that size, a power of two in BLOCK_BYTES_MIN..MAX,
 * and for tags if wanted; maps nothing.  Call it once, before any other function of arena/, while
 * there is one thread.  False if the system refuses the page that is mapped to find the place. */
hidden bool range_setup(size_t block_bytes, bool tagged);

/* Address of the section's first byte; range.committed[s] says how much of it is mapped.  Any
 * context. */
hidden uintptr_t range_section_start(enum section s);

/* Makes the section's first `bytes` usable, filled with zeros.  False if the system refuses, or if
 * another mapping is in the way.  With the right to grow. */
hidden bool range_commit(enum section s, uintptr_t bytes);

/* Adds at least one block to the data: span grows.  False as range_commit.  With the right to grow.
 */
hidden bool range_grow(void);

/* Maps the rows of tags of all slabs, those to come included, if that is not done yet.  RANGE_BUSY,
 * at once: another thread grows a section, or a fork is under way, so ask again later.  Any thread.
 */
enum range_answer { RANGE_DONE, RANGE_BUSY, RANGE_REFUSED /* by the system */ };
hidden enum range_answer range_add_tags(void);

/* Takes and returns the right to grow a section, which one thread has at a time.  Any thread.
 * range_growth_enter waits at most about two seconds and then returns false, so that a fork that
 * lost the thread with the right, or a signal that interrupted it, costs a failed request and not a
 * hang. After a growth that failed (`grown` false) it returns false at once for the next REFUSALS
 * calls, each of which would otherwise cost system calls. */
enum { REFUSALS = 100 };
hidden bool range_growth_enter(void);
hidden void range_growth_leave(bool grown);

/* Around a fork.  range_growth_stop takes the right for the fork, since a thread that vanishes
 * between its mapping and the note of it would leave pages in the child that no growth gets past.
 * Several forks at a time have it together.  It waits as range_growth_enter does and then goes on
 * without the right.  Meanwhile range_growth_enter waits about 20 ms only: fork may wait for locks
 * of libc that the thread holds.  range_growth_go_on: in the parent.  range_growth_forget: in the
 * child, the right is free again, unless the forking thread was growing itself when a signal
 * interrupted it. */
hidden void range_growth_stop(void);
hidden void range_growth_go_on(void);
hidden void range_growth_forget(void);

#endif
