/* The numbers and small functions that all of arena/ shares.  The functions have no side effects
 * but those named; any context. */
#ifndef ARENA_BASE_H
#define ARENA_BASE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define hidden      __attribute__((visibility("hidden")))
#define cold        __attribute__((cold, noinline))

/* A small request has 0..SMALL_MAX bytes.  Class c holds cells of 16c bytes; class_of(0) is 0, and
 * a request of 0 bytes is served as class 1. */
enum {
  GRAIN = 16,
  SMALL_MAX = 511,
  CLASSES = 32,
  CLASS_SLOTS = CLASSES + 1,
  SLAB_SHIFT = 16,
  SLAB_BYTES = 1 << SLAB_SHIFT
};

static_assert((SMALL_MAX + GRAIN) / GRAIN == CLASSES, "the last class holds the largest request");
static_assert(SLAB_BYTES % PAGE_BYTES == 0, "slabs are whole pages");

/* The class of a request of n bytes; the bytes of a cell of class c; n rounded up to a multiple of
 * a power of two. */
static inline size_t class_of(size_t n) { return (n + GRAIN - 1) / GRAIN; }
static inline size_t class_bytes(unsigned c) { return (size_t)c * GRAIN; }
static inline size_t round_up(size_t n, size_t power) { return (n + power - 1) & -power; }
static inline bool is_power_of_two(size_t n) { return n != 0 && (n & (n - 1)) == 0; }

/* The lesser and the greater of two. */
static inline uint64_t lesser_of(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t greater_of(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Counters that one thread writes and any thread reads: each read sees a whole word, in no promised
 * order with others. */
#ifdef __SANITIZE_THREAD__ /* the sanitizer does not see assembly */
static inline void count_add(_Atomic uint64_t *counter, uint64_t n) {
  atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                        memory_order_relaxed);
}
#else
static inline void count_add(_Atomic uint64_t *counter, uint64_t n) { cpu_add(counter, n); }
#endif
static inline uint64_t count_get(const _Atomic uint64_t *counter) {
  return atomic_load_explicit(counter, memory_order_relaxed);
}

/* a - b of two counts that may have been read while they changed; 0 if that is negative. */
static inline uint64_t count_less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

#endif
