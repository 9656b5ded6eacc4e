/* The one contact with jemalloc: a private copy inside the library serves 512 bytes and above.
 *
 * Its public names carry the prefix jep_ (large.syms), and its calls to map memory come to
 * large_pages.c, so that we know every page it has: that is how a pointer of neither heap is
 * told from one of its own, and how the ledger counts its share where it is mapped.
 */
#ifndef SHIM_LARGE_H
#define SHIM_LARGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../arena/base.h"

/* jemalloc's own entries.  Sizes are at least 1; what these return for failures is NULL; they
 * leave errno alone (large_pages.c). */
extern hidden void *jep_malloc(size_t n);
extern hidden void *jep_calloc(size_t count, size_t size);
extern hidden void *jep_realloc(void *p, size_t n);
extern hidden void *jep_memalign(size_t alignment, size_t n);
extern hidden void jep_free(void *p);
extern hidden size_t jep_malloc_usable_size(void *p);
extern hidden void *jep_mallocx(size_t n, int flags);
extern hidden void *jep_rallocx(void *p, size_t n, int flags);
extern hidden size_t jep_xallocx(void *p, size_t n, size_t extra, int flags);
extern hidden size_t jep_sallocx(const void *p, int flags);
extern hidden void jep_dallocx(void *p, int flags);
extern hidden size_t jep_nallocx(size_t n, int flags);
extern hidden int jep_mallctl(const char *, void *, size_t *, void *, size_t);
extern hidden int jep_mallctlnametomib(const char *, size_t *, size_t *);
extern hidden int jep_mallctlbymib(const size_t *, size_t, void *, size_t *, void *, size_t);
extern hidden void jep_malloc_stats_print(void (*)(void *, const char *), void *, const char *);

/* Two of its own parts: "thread.tcache.enabled" without the tables that a mallctl needs, and the
 * pthread_t that began to start it (large_thread.c). */
struct tsd;
extern hidden int jep_cache_switch(struct tsd *t, const size_t *mib, size_t length, void *old,
                                   size_t *old_size, void *new, size_t new_size);
extern hidden unsigned long jep_initializer;

/* Its options, as it read them in its first call: asking mallctl for them would build tables of
 * 400 KB in every process. */
extern hidden bool jep_opt_prof, jep_opt_tcache, jep_opt_zero;
extern hidden const char *jep_opt_junk;
extern hidden size_t jep_opt_oversize_threshold;
extern hidden ssize_t jep_opt_dirty_decay_ms;

/* Flags of jep_mallocx and its kind, as jemalloc's manual gives them; the low 6 bits are log2 of
 * the alignment. */
enum {
  LARGE_ALIGN_BITS = 0x3f,
  LARGE_PAGE = 12,
  LARGE_ZERO = 0x40,
  LARGE_NO_CACHE = 0x100,
  LARGE_FIRST_ARENA = 1 << 20
};
static_assert(1 << LARGE_PAGE == PAGE_BYTES, "an alignment to pages");

/* Every page jemalloc has, in a map of two levels (large_pages.c).
 *
 *   address  46 ........ 30 | 29 ................. 12 | 11 ... 0
 *            directory slot | byte of that GiB's leaf | in page
 */
enum {
  LEAF_SHIFT = 30,
  LEAF_PAGES = (1 << LEAF_SHIFT) / PAGE_BYTES,
  LEAF_SLOTS = 1 << (ADDRESS_BITS - LEAF_SHIFT)
};
/* Of a page: that jemalloc has it, and above LARGE_PLAIN the size class of the object it begins, or
 * of all its objects (shelf.h). */
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

/* jemalloc's own figures, in bytes.  Refreshing takes its locks: not in signal handlers. */
struct large_figures {
  size_t allocated; /* in objects that are alive, with its rounding */
  size_t active;    /* in pages with such objects */
  size_t metadata;
  size_t mapped;   /* in extents it uses or may use at once, metadata included */
  size_t retained; /* address space it keeps for itself, no memory behind it */
  size_t resident; /* its estimate */
  /* Ranges it forgot, still mapped, when it had no memory for a record of them: some of them are in
   * `mapped`. */
  size_t abandoned;
};
hidden void large_refresh(struct large_figures *f);

/* The same figures for reports by signal, which may not ask: read at the start and, from then on,
 * when a thread takes its first arena or makes the 16th, 32nd, ... of its large requests and
 * REFRESH_MS have passed; the report calls them "as of the last refresh".  A program that is
 * idle, or uses only small objects, keeps the old ones.
 *
 * large_remember_from_now: at start, if a signal's report is wanted.  large_remember: not in
 * signal handlers, inside the gate.  large_remembered: anywhere. */
enum { REFRESH_MS = 100, REFRESH_REQUESTS = 16 };
hidden void large_remember_from_now(void);
hidden bool large_remembers(void); /* it is wanted */
hidden bool large_remember_due(void);
hidden void large_remember(void);
hidden void large_remembered(struct large_figures *f);
hidden void large_remember_restart(void); /* in the child of a fork */

/* Gives all of jemalloc's unused pages back to the kernel. */
hidden void large_purge(void);

/* Around fork, in place of the handlers jemalloc would register itself. */
hidden void large_fork_prepare(void);
hidden void large_fork_parent(void);
hidden void large_fork_child(void);

#endif
