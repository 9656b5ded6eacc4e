/* jemalloc's size classes above SMALL_MAX, and the byte in the page map that says one.
 *
 * A page of jemalloc's whose objects came from plain requests of one class belongs to a slab of
 * that class as long as one of them is alive: so the byte written when an object was handed out
 * is right when it is freed, if every other way to get an object resets it (page_map_note).
 *
 * An object that is a sample (sampling.h) has a page that says nothing of sizes, so that it comes
 * to where its tag is taken off; no untagged object begins in that page (large_request.h,
 * needs_page).
 */
#ifndef SHIM_SIZE_CLASS_H
#define SHIM_SIZE_CLASS_H

#include "page_map.h"
#include "slab.h"

enum { CACHED_MOST = 4096 }; /* bytes of the largest objects that a thread's cache keeps */
enum { CACHED_LEAST = 448 }; /* what is larger is at least of jemalloc's class of 512 */

/* jemalloc's size class of n bytes, n > SMALL_MAX: 512, then four a power of two.  The first
 * SHELVES have shelves. */
static inline unsigned large_class(size_t n) {
  unsigned log = (unsigned)__builtin_clzl(n - 1) ^ 63;
  return (log - 8) * 4 + (unsigned)((n - 1) >> (log - 2) & 3) - 3;
}
static inline size_t large_class_bytes(unsigned k) {
  return (size_t)(4 + (k + 3) % 4 + 1) << (6 + (k + 3) / 4);
}

/* The kind of page of a plain request of n bytes, and of one that may not go to a shelf. */
static inline unsigned page_kind_for(size_t n) {
  return likely(n > SMALL_MAX) ? PAGE_PLAIN + 1 + large_class(n) : PAGE_PLAIN;
}
static inline unsigned page_kind_apart(size_t n) {
  return n > CACHED_MOST ? page_kind_for(n) : PAGE_PLAIN;
}

/* Bytes of the object that a page of that kind begins; 0: not known. */
static inline size_t page_kind_bytes(unsigned kind) {
  return likely(kind > PAGE_PLAIN) ? large_class_bytes(kind - (PAGE_PLAIN + 1)) : 0;
}

#endif
