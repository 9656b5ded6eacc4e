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
/* Of a page: that jemalloc has it, and above PAGE_PLAIN the size class of the object it begins, or
 * of all its objects (size_class.h). */
typedef _Atomic uint8_t page_kind_t;
enum { PAGE_NONE = 0, PAGE_PLAIN };
extern hidden _Atomic(page_kind_t *) page_map_directory[LEAF_SLOTS]; /* NULL: it has none there */

/* What kind of page p is inside of.  Lock-free, no system call. */
static inline unsigned page_kind(const void *p) {
  uintptr_t a = (uintptr_t)p, slot = a >> LEAF_SHIFT;
  if (unlikely(slot >= LEAF_SLOTS))
    return PAGE_NONE;
  const page_kind_t *leaf = atomic_load_explicit(&page_map_directory[slot], memory_order_acquire);
  if (unlikely(leaf == NULL))
    return PAGE_NONE;
  return atomic_load_explicit(&leaf[a / PAGE_BYTES % LEAF_PAGES], memory_order_relaxed);
}
static inline bool page_map_holds(const void *p) { return page_kind(p) != PAGE_NONE; }

/* An object of jemalloc's, or its first page, is of that kind.  Every new object must be noted:
 * what its page was before is not true any more. */
hidden void page_map_mark(const void *p, unsigned kind);
static inline void page_map_note(const void *p, unsigned kind) {
  if (unlikely(page_kind(p) != kind) && p != NULL)
    page_map_mark(p, kind);
}

/* True once memory for the table was refused: page_map_holds may then be true of any pointer. */
extern hidden _Atomic bool page_map_partial;

/* Bytes jemalloc has mapped, counted at its mmap and munmap. */
hidden uint64_t page_map_mapped_bytes(void);

/* Bytes mapped for the table behind page_map_holds. */
hidden uint64_t page_map_own_bytes(void);

#endif
