/* realloc and jemalloc's rallocx and xallocx, for objects of both allocators.
 *
 * Any thread; not in signal handlers beyond what malloc allows; outside the gate.  `frame` is the
 * caller_frame of the entry that the program called, `entry` its name, for messages.  NULL and
 * ENOMEM if no allocator has memory, and the object is as it was; errno is kept otherwise.  A
 * pointer that no allocator has ends the program, with one line.
 */
#ifndef SHIM_REALLOC_H
#define SHIM_REALLOC_H

#include "slab.h"

/* Is an object of n bytes kept in a cell of `cell` bytes?  A smaller cell is worth a copy if it
 * saves half of the bytes or more.  n <= cell. */
static inline bool cell_suits(size_t cell, size_t n) { return n > cell / 2 || cell == GRAIN; }

/* The class for an object that grows to n <= SMALL_MAX bytes, and may go on growing: four a power
 * of two, so that one that is appended to is copied as seldom as under other allocators. */
static inline size_t growth_class(size_t n) {
  static const uint8_t class[CLASS_SLOTS] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  10, 10,
                                             12, 12, 14, 14, 16, 16, 20, 20, 20, 20, 24,
                                             24, 24, 24, 28, 28, 28, 28, 32, 32, 32, 32};
  return class[class_of(n)];
}

/* As realloc; n == 0 frees p and returns NULL. */
hidden void *realloc_any(void *p, size_t n, const char *entry, const void *frame);

/* Ends a realloc from p to `to` in the calling thread's heap, after which the slab of p needs its
 * owner (heap_on_countdown); returns `to`. */
hidden void *realloc_on_countdown(void *to, void *p, const char *entry, const void *frame);

/* jemalloc's rallocx; with no flags also realloc for n > SMALL_MAX.  p is outside the range and not
 * NULL, `old` its usable bytes. */
hidden void *large_realloc(void *p, size_t old, size_t n, int flags, const char *entry,
                           const void *frame);

/* jemalloc's xallocx: p keeps its place; its usable bytes afterwards.  p is outside the range, not
 * NULL, and no fallback object. */
hidden size_t large_xallocx(void *p, size_t n, size_t extra, int flags, const void *frame);

#endif
