/* Every page jemalloc has, in a map of two levels, counted where jemalloc maps and unmaps it.
 *
 *   address  46 ........ 30 | 29 ................. 12 | 11 ... 0
 *            directory slot | byte of that GiB's leaf | in page
 */
#ifndef SHIM_PAGE_MAP_H
#define SHIM_PAGE_MAP_H

#include "base.h"

enum {
  LEAF_SHIFT = 30,
  LEAF_PAGES = (1 << LEAF_SHIFT) / PAGE_BYTES,
  LEAF_SLOTS = 1 << (ADDRESS_BITS - LEAF_SHIFT)
};
/* Of a page: that jemalloc has it, and above LARGE_PLAIN the size class of the object it begins, or
 * of all its objects (size_class.h). */
typedef _Atomic uint8_t large_page;
enum { LARGE_NONE = 0, LARGE_PLAIN };
extern hidden _Atomic(large_page *) large_directory[LEAF_SLOTS]; /* NULL: it has none there */

/* What kind of page p is inside of.  Lock-free, no system call. */
static inline unsigned large_kind(const void *p) {
  uintptr_t a = (uintptr_t)p, slot = a >> LEAF_SHIFT;
  if (unlikely(slot >= LEAF_SLOTS))
    return LARGE_NONE;
  const large_page *leaf = atomic_load_explicit(&large_directory[slot], memory_order_acquire);
  if (unlikely(leaf == NULL))
    return LARGE_NONE;
  return atomic_load_explicit(&leaf[a / PAGE_BYTES % LEAF_PAGES], memory_order_relaxed);
}
static inline bool large_holds(const void *p) { return large_kind(p) != LARGE_NONE; }

/* An object of jemalloc's, or its first page, is of that kind.  Every new object must be noted:
 * what its page was before is not true any more. */
hidden void large_mark(const void *p, unsigned kind);
static inline void large_note(const void *p, unsigned kind) {
  if (unlikely(large_kind(p) != kind) && p != NULL)
    large_mark(p, kind);
}

/* True once memory for the table was refused: large_holds may then be true of any pointer. */
extern hidden _Atomic bool large_table_partial;

/* Bytes jemalloc has mapped, counted at its mmap and munmap. */
hidden uint64_t large_mapped_bytes(void);

/* Bytes mapped for the table behind large_holds. */
hidden uint64_t large_table_bytes(void);

#endif
