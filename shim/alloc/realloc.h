/* Realloc and its kin, for objects of both allocators. */
#ifndef SHIM_REALLOC_H
#define SHIM_REALLOC_H

#include "slab.h"

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

/* Contract of realloc. */
hidden void *realloc_any(void *p, size_t n, const char *entry, const void *frame);

/* What is left of a realloc when the slab that p was freed in wants its owner (heap_attend). */
hidden void *realloc_attend(void *to, void *p, const char *entry, const void *frame);

/* jemalloc's rallocx and xallocx; p is outside the range and not NULL, `old` its usable bytes. */
hidden void *large_realloc(void *p, size_t old, size_t n, int flags, const char *entry,
                           const void *frame);
hidden size_t large_xallocx(void *p, size_t n, size_t extra, int flags, const void *frame);

#endif
