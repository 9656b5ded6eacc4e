/* The paths that all entries of the malloc family share.
 *
 *   n <= SMALL_MAX   heap_pop, else small_slow, else (refused) jemalloc
 *   above            large_*: jemalloc, counted for the calling thread
 *
 * Whose pointer it is, is decided by address: inside the range or not.
 */
#ifndef SHIM_ENTRY_H
#define SHIM_ENTRY_H

#include "../arena/heap.h"
#include "large.h"
#include "start.h"

#define exported __attribute__((visibility("default")))
#define caller() __builtin_return_address(0)

/* Names a request's call site: the CFA of the entry that the program called.  The return address
 * lies in the word below it; with it, and rbp left as it was, the stack can be walked. */
#define caller_frame() __builtin_dwarf_cfa()
static inline const void *frame_site(const void *frame) { return ((void *const *)frame)[-1]; }

/* The calling thread's heap, taken now if it has none yet; NULL at the thread's end, or without
 * memory. */
static inline struct heap *own_heap(void) {
  struct heap *h = heap_mine();
  if (likely(h != NULL))
    return h;
  return heap_self == &heap_none && start_once() ? heap_acquire() : NULL;
}

/* n bytes in a cell of class c when the thread's list is empty; the arguments as malloc has them in
 * its registers.  NULL and ENOMEM if nobody has memory; errno is kept otherwise. */
hidden void *small_slow(size_t n, const void *frame, size_t c);

/* n above SMALL_MAX; `any` is without the straight path, and for a small request that our heap
 * refused, too. */
hidden void *large_alloc(size_t n, const void *frame);
hidden void *large_alloc_any(size_t n, const void *frame);
/* Some requests are samples, and what is none may take the straight path, too. */
extern hidden _Atomic bool large_between_samples;
hidden void *large_calloc(size_t n, const void *frame);
hidden void *large_calloc_any(size_t n, const void *frame);
hidden void *large_memalign(size_t alignment, size_t n, const void *frame);
/* Tagged in any case: a sample of the small requests that get cells of so many bytes. */
hidden void *large_alloc_sample(size_t alignment, size_t n, size_t cell, const void *frame);

/* A pointer outside the range.  NULL is allowed; a stray one is a fault: `entry` is the name the
 * program called, `site` where (DIRECT: heap.h). */
hidden void large_free(void *p, const char *entry, const void *site);
hidden void large_free_any(void *p, const char *entry, const void *site); /* DIRECT: not this one */

/* jemalloc's own entries with flags, counted and passed through the gate; p is not ours and
 * not NULL, `old` its usable bytes. */
hidden void *large_mallocx(size_t n, int flags, const void *frame);
hidden void *large_realloc(void *p, size_t old, size_t n, int flags, const char *entry,
                           const void *frame);
hidden size_t large_xallocx(void *p, size_t n, size_t extra, int flags, const void *frame);
hidden void large_free_flags(void *p, int flags, const char *entry, const void *site);

/* Frees what was put aside while a fork kept the gate closed. */
hidden void large_settle(void);

/* Reads jemalloc's figures again if they are due (large.h).  At a malloc's end, outside jemalloc.
 */
hidden cold void large_look(struct heap *h);

/* In the child of a fork: counts of large requests begin again. */
hidden void large_counts_restart(void);

/* Those of threads that have no heap of their own; the others' are counted there. */
extern hidden _Atomic uint64_t heapless_large_allocs, heapless_large_frees;

/* Fails unless jemalloc has that page: names the pointer and what it is near, then aborts. */
hidden void large_must_hold(const void *p, const char *entry, const void *site);

static inline void *small_cell(size_t c, size_t n, const void *frame) {
  void *p = heap_pop(c);
  return likely(p != NULL) ? p : small_slow(n, frame, c);
}

static inline void *small_alloc(size_t n, const void *frame) {
  return small_cell(class_of(n), n, frame);
}

static inline void *any_alloc(size_t n, const void *frame) {
  return likely(n <= SMALL_MAX) ? small_alloc(n, frame) : large_alloc(n, frame);
}

static inline void any_free(void *p, const char *entry, const void *site) {
  if (likely(range_holds(p)))
    heap_free_as(p, entry, site);
  else
    large_free(p, entry, site);
}

/* Contract of memalign for a power of two; n as the program asked. */
hidden void *aligned_any(size_t alignment, size_t n, const void *frame);
/* A cell is kept for n of its bytes: a smaller one is worth a copy when it saves more than half. */
static inline bool cell_suits(size_t cell, size_t n) { return n > cell / 2 || cell == GRAIN; }

/* The class for an object that grows to n bytes, and may go on growing: four a power of two, so
 * that one that is appended to is copied as seldom as under other allocators. */
static inline size_t growth_class(size_t n) {
  static const uint8_t class[CLASS_SLOTS] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  10, 10,
                                             12, 12, 14, 14, 16, 16, 20, 20, 20, 20, 24,
                                             24, 24, 24, 28, 28, 28, 28, 32, 32, 32, 32};
  return class[class_of(n)];
}

/* Contracts of realloc and malloc_usable_size. */
hidden void *realloc_any(void *p, size_t n, const char *entry, const void *frame);
/* What is left of a realloc when the slab that p was freed in wants its owner (heap_attend). */
hidden void *realloc_attend(void *to, void *p, const char *entry, const void *frame);
hidden size_t usable_any(const void *p, const char *entry, const void *site);

#endif
