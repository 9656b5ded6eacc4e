/* jemalloc's size classes above SMALL_MAX, and the byte in the page map that says one.
 *
 * A page of jemalloc's whose objects came from plain requests of one class belongs to a slab of
 * that class as long as one of them is alive: so the byte written when an object was handed out
 * is right when it is freed, if every other way to get an object sets it again (page_map_note).
 *
 * The page of a sample (sampling.h) says nothing of sizes, so that its free takes the slow path,
 * where its tag is taken off; no untagged object begins in that page (large_request.h,
 * large_request_flags).  Nor does one in a page of the tagged arena (tagged_arena.h).
 */
#ifndef SHIM_SIZE_CLASS_H
#define SHIM_SIZE_CLASS_H

#include "heap.h"
#include "page_map.h"
#include "slab.h"

enum {
  CACHED_MOST = 4096, /* bytes of the largest objects that a thread's cache keeps */
  CACHED_LEAST = 448  /* jemalloc gives more bytes than these an object of 512 or more */
};

/* The number of jemalloc's size class for n bytes, n > SMALL_MAX: 0 for up to 512 bytes, then four
 * a power of two; and the bytes of class k. */
static inline unsigned large_class(size_t n) {
  unsigned log = (unsigned)__builtin_clzl(n - 1) ^ 63;
  return (log - 8) * 4 + (unsigned)((n - 1) >> (log - 2) & 3) - 3;
}
static inline size_t large_class_bytes(unsigned k) {
  return (size_t)(4 + (k + 3) % 4 + 1) << (6 + (k + 3) / 4);
}

/* The kind of the page of an object of n bytes: of one that nothing but its size was asked for, and
 * of one that must not go to a thread's cache.  Any n. */
static inline unsigned page_kind_for(size_t n) {
  return likely(n > SMALL_MAX) ? PAGE_PLAIN + 1 + large_class(n) : PAGE_PLAIN;
}
static inline unsigned page_kind_apart(size_t n) {
  return n > CACHED_MOST ? page_kind_for(n) : PAGE_PLAIN;
}

/* Bytes of the object that begins in a page of that kind; 0: not known.  Not for PAGE_TAGGED and
 * PAGE_HUGE. */
static inline size_t page_kind_bytes(unsigned kind) {
  return likely(kind > PAGE_PLAIN) ? large_class_bytes(kind - (PAGE_PLAIN + 1)) : 0;
}

/* The kind by size alone: without what says that the object was freed and waits; PAGE_PLAIN for a
 * huge one, of which the kind says no size. */
static inline unsigned page_kind_of_class(unsigned kind) {
  return kind == PAGE_HUGE ? PAGE_PLAIN : kind > PAGE_IDLE ? kind - PAGE_IDLE : kind;
}

#endif
