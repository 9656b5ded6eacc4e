/* Huge objects: requests of HUGE_LEAST bytes and more, each in pages of its own beside jemalloc.
 *
 * jemalloc copies an object that grows beyond the extent it lies in, and finds room for a new one
 * only where enough idle pages lie side by side.  Here mremap moves pages instead (huge_pages.h).
 *
 *   page map      the first page of a huge object is PAGE_HUGE, the others are none; it stays so
 *                 when the object is freed, for the message about a second free
 *   table         by the object's address: where it ends.  HUGE_MOST objects; jemalloc serves more
 *   idle extents   huge_pages.h
 *
 * jemalloc serves a huge request whose place or time matters: aligned, made by jemalloc's API, a
 * sample (sampling.h), in a thread whose counters the program reads; all of them, if MALLOC_CONF
 * has an option that jemalloc must see to.
 *
 * Any thread, inside the gate (fork_gate.h) where nothing else is said; not in signal handlers
 * beyond what malloc allows.  errno is kept.
 */
#ifndef SHIM_HUGE_H
#define SHIM_HUGE_H

#include "jemalloc.h"
#include "page_map.h"

enum { HUGE_LEAST = 1 << 20, HUGE_MOST = 4096 };

/* A new object of at least n bytes, at the start of a page; `zeroed`: filled with zeros.  NULL: the
 * system refused, or HUGE_MOST are alive. */
hidden void *huge_alloc(size_t n, bool zeroed);

/* Makes the huge object p one of at least n bytes, n >= HUGE_LEAST: where it is, or elsewhere, with
 * its bytes.  NULL: it is no huge object, or the system refused; nothing has changed then. */
hidden void *huge_resize(void *p, size_t n);

/* False: p is no huge object, and nothing has changed. */
hidden bool huge_free(void *p);

/* Usable bytes; 0: p is no huge object.  Also outside the gate. */
hidden size_t huge_bytes(const void *p);

/* Is p, a live object, a huge one?  Its page says so.  A pointer into the first page of one, or of
 * one that was freed, is taken for one, too, which the functions above notice.  Any context. */
static inline bool huge_holds(const void *p) { return page_kind(p) == PAGE_HUGE; }

/* For messages about an invalid pointer: does p point into a huge object, or into pages that one
 * has left?  *start and *bytes: the object; 0 bytes where none is alive.  Takes no lock: while
 * other threads work the answer may be wrong. */
hidden bool huge_around(const void *p, uintptr_t *start, size_t *bytes);

/* Gives idle pages back: those that have been idle for long, or with `all` every one. */
hidden void huge_purge(bool all);

/* Bytes of huge objects, and bytes mapped: for them, and idle.  Any context. */
hidden uint64_t huge_live_bytes(void);
hidden uint64_t huge_mapped_bytes(void);

/* Around fork, as jemalloc's handlers (jemalloc.h). */
hidden void huge_fork_prepare(void);
hidden void huge_fork_end(void);

/* Usable bytes of p, an object of jemalloc's or a huge one. */
static inline size_t jemalloc_or_huge_bytes(const void *p) {
  return unlikely(huge_holds(p)) ? huge_bytes(p) : jep_malloc_usable_size((void *)p);
}

#endif
