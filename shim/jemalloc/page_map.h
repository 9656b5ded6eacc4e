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

/* The kind of a page: PAGE_NONE, jemalloc does not have it; PAGE_PLAIN, jemalloc has it; above that
 * also the size class of the object that begins there, or of all objects in it (size_class.h).
 * PAGE_IDLE and such a class: an object that was freed begins there (extent_cache.h).
 * PAGE_TAGGED: all objects in it have tags, whatever their sizes (tagged_arena.h).
 * PAGE_HUGE: a huge object begins there, or did, beside jemalloc (huge.h). */
typedef _Atomic uint8_t page_kind_t;
enum {
  PAGE_NONE = 0,
  PAGE_PLAIN,
  PAGE_IDLE = 180,
  PAGE_TAGGED = UINT8_MAX - 1,
  PAGE_HUGE = UINT8_MAX
};
extern hidden _Atomic(page_kind_t *) page_map_directory[LEAF_SLOTS]; /* NULL: none there */

/* The kind of the page that p points into.  Any thread, also in signal handlers: lock-free, no
 * system call. */
static inline unsigned page_kind(const void *p) {
  uintptr_t a = (uintptr_t)p, slot = a >> LEAF_SHIFT;
  if (unlikely(slot >= LEAF_SLOTS))
    return PAGE_NONE;
  const page_kind_t *leaf = atomic_load_explicit(&page_map_directory[slot], memory_order_acquire);
  if (unlikely(leaf == NULL))
    return PAGE_NONE;
  return atomic_load_explicit(&leaf[a / PAGE_BYTES % LEAF_PAGES], memory_order_relaxed);
}

/* Does a page of that kind say the size class of an object that is alive? */
static inline bool page_kind_is_sized(unsigned kind) {
  return kind - (PAGE_PLAIN + 1) < PAGE_IDLE - PAGE_PLAIN;
}

/* Does p point into a page of jemalloc's?  As page_kind. */
static inline bool page_map_holds(const void *p) { return page_kind(p) != PAGE_NONE; }

/* Does jemalloc have the page at `at`?  *until, the end of what is asked about, is lowered to where
 * the answer is another.  Any thread, signal handlers too. */
hidden bool page_map_run(uintptr_t at, uintptr_t *until);

/* Sets the kind of the page where p begins, an object of jemalloc's that the caller owns.  Any
 * thread; keeps errno. */
hidden void page_map_mark(const void *p, unsigned kind);

/* The same for a new object, or NULL (nothing happens).  Every new object must be noted: what its
 * page said of an earlier one need not be true of it. */
static inline void page_map_note(const void *p, unsigned kind) {
  if (unlikely(page_kind(p) != kind) && p != NULL)
    page_map_mark(p, kind);
}

/* True once memory for the map was refused: page_map_holds may then be true of any pointer. */
extern hidden _Atomic bool page_map_partial;

/* Bytes jemalloc has mapped, counted at its mmap and munmap.  Any thread, signal handlers too. */
hidden uint64_t page_map_mapped_bytes(void);

/* Bytes mapped for the map itself.  Any thread, signal handlers too. */
hidden uint64_t page_map_own_bytes(void);

#endif
