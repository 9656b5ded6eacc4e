/* The one contact with jemalloc: a private copy inside the library serves 512 bytes and above.
 *
 * Its public names carry the prefix jep_ (symbols.syms), and its calls to map memory come to
 * page_map.c, so that we know every page it has: that is how a pointer of neither heap is
 * distinguished from one of its own, and how the ledger counts its share where it is mapped.
 */
#ifndef SHIM_JEMALLOC_H
#define SHIM_JEMALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base.h"

/* jemalloc's own entries, with the contracts of its manual.  Inside the gate, in any thread; sizes
 * are at least 1.  A failure is NULL; errno is never changed, because jemalloc has an errno of its
 * own (page_map.c). */
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

/* Two of its internal parts, for thread_state.c alone: "thread.tcache.enabled" without the tables
 * that a mallctl needs, and the pthread_t of the thread that began to start it. */
struct tsd;
extern hidden int jep_cache_switch(struct tsd *t, const size_t *mib, size_t length, void *old,
                                   size_t *old_size, void *new, size_t new_size);
extern hidden unsigned long jep_initializer;

/* Its options, as it read them in its first call; valid after jemalloc_start.  Asking mallctl for
 * them would build tables of 400 KiB in every process. */
extern hidden bool jep_opt_prof, jep_opt_tcache, jep_opt_zero;
extern hidden bool je_opt_junk_alloc, je_opt_junk_free;
extern hidden size_t jep_opt_oversize_threshold;
extern hidden ssize_t jep_opt_dirty_decay_ms;

/* Does a large object begin at a random cache line of its first page, for which it takes a page
 * more?  jemalloc asks in its start; its MALLOC_CONF has no word for it. */
extern hidden bool jep_opt_cache_oblivious;

/* Does the user's MALLOC_CONF leave it to us when idle pages go back (purge_policy.h)?  After
 * jemalloc_start; any thread. */
enum { DECAY_MS = 2000 };
static inline bool jemalloc_leaves_purging(void) {
  return jep_opt_oversize_threshold == 0 && jep_opt_dirty_decay_ms == DECAY_MS;
}

/* Does jemalloc do nothing to an object but hand it out, by its options?  After jemalloc_start. */
hidden bool jemalloc_has_plain_objects(void);

/* Flags of jep_mallocx and its kind, as jemalloc's manual gives them; the low 6 bits are log2 of
 * the alignment. */
enum {
  FLAG_ALIGN_BITS = 0x3f,
  FLAG_ALIGN_PAGE = 12,
  FLAG_ZERO = 0x40,
  FLAG_NO_CACHE = 0x100,
  FLAG_FIRST_ARENA = 1 << 20
};
static_assert(1 << FLAG_ALIGN_PAGE == PAGE_BYTES, "an alignment to pages");

/* Around fork, called by our handlers in place of those that jemalloc would register itself: they
 * take its locks, give them back, and make them again in the child.  Nothing if jemalloc was never
 * used. */
hidden void jemalloc_fork_prepare(void);
hidden void jemalloc_fork_parent(void);
hidden void jemalloc_fork_child(void);

/* In a mallctl's name: all arenas (MALLCTL_ARENAS_ALL). */
#define ALL_ARENAS "4096"

/* Gives the calling thread's jemalloc cache and all of jemalloc's unused pages back to the kernel.
 * Inside the gate, or where no fork can be under way; not in signal handlers. */
hidden void jemalloc_purge(void);

#endif
