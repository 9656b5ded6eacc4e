/* What the region tests share: malloc under watch and a few assertions.
 *
 * Linked with --wrap=malloc,--wrap=free: a countdown refuses the n-th malloc, and a balance
 * shows at the end of each test that all memory went back.
 */
#ifndef REGION_WATCH_H
#define REGION_WATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "region_internal.h"

/* ---- malloc under watch ---- */

static long mallocs_until_refusal = -1; /* -1: never */
static long mallocs_alive;

void *__real_malloc(size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void __wrap_free(void *p);

void *__wrap_malloc(size_t size) {
  if (mallocs_until_refusal == 0 || size > (size_t)1 << 39) /* sanitizers end the program there */
    return NULL;
  if (mallocs_until_refusal > 0)
    mallocs_until_refusal -= 1;
  void *p = __real_malloc(size);
  mallocs_alive += p != NULL;
  return p;
}

void __wrap_free(void *p) {
  mallocs_alive -= p != NULL;
  __real_free(p);
}

static inline int watch_setup(void **state) {
  (void)state;
  mallocs_until_refusal = -1;
  mallocs_alive = 0;
  return 0;
}

static inline int watch_teardown(void **state) {
  (void)state;
  return mallocs_alive == 0 ? 0 : -1;
}

/* ---- words ---- */

static inline struct arena *create(const struct arena_config *config) {
  struct arena *a = arena_create("test", config);
  assert_non_null(a);
  return a;
}

static inline void assert_totals(const struct arena *a, uint64_t allocs, uint64_t size,
                                 uint64_t blocks, uint64_t block_size, uint64_t big) {
  struct arena_stats s = arena_stats(a);
  assert_int_equal(s.total_allocs, allocs);
  assert_int_equal(s.total_size, size);
  assert_int_equal(s.total_blocks, blocks);
  assert_int_equal(s.total_block_size, block_size);
  assert_int_equal(s.total_big_blocks, big);
}

static inline void assert_unchanged(const struct arena *a, const struct arena_stats *before) {
  struct arena_stats now = arena_stats(a);
  assert_memory_equal(&now, before, sizeof now);
}

/* A request that gave no piece, and why. */
static inline void assert_refused(const void *p, int error) {
  assert_null(p);
  assert_int_equal(errno, error);
  errno = 0;
}

static inline bool is_aligned(const void *p, size_t alignment) {
  return ((uintptr_t)p & (alignment - 1)) == 0;
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, watch_setup, watch_teardown)

#endif
