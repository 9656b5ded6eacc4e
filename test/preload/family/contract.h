/* The contract of the malloc family, case by case: what the three programs contract,
 * contract_aligned and contract_kin share. PROGRAM runs all its cases, `PROGRAM NAME...` the named
 * ones. Where the shim must do better than others do, the case says so; all else also holds under
 * glibc.
 */
#pragma once
#define _GNU_SOURCE
#include "../check.h"
#include <malloc.h>
#include <stdbool.h>

enum { SMALL_END = 1024, PAGE = 4096, MAX_ALIGN = 4 << 20 };

struct contract_case {
  const char *name;
  void (*run)(void);
};

static unsigned char pattern[2 * SMALL_END];

static inline bool aligned_to(const void *p, size_t alignment) {
  return (uintptr_t)p % alignment == 0;
}

static inline bool all_zero(const unsigned char *p, size_t n) {
  return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static inline void fill(void *p, size_t n) { memcpy(p, pattern, n); }

static inline void check_filled(const void *p, size_t n, const char *after) {
  CHECK(memcmp(p, pattern, n) == 0, "%s: expected the first %zu bytes at %p kept, found changed",
        after, n, p);
}

static inline void check_refused(void *p, const char *entry, size_t n) {
  CHECK(!p && errno == ENOMEM, "%s(%zu) expected NULL/ENOMEM, found %p/%d", entry, n, p, errno);
  errno = 0;
}

static inline bool is_named(const char *name, int argc, char **argv) {
  for (int a = 1; a < argc; a++)
    if (strcmp(argv[a], name) == 0)
      return true;
  return argc == 1;
}

static inline void run_cases(int argc, char **argv, const struct contract_case *cases,
                             size_t count) {
  watchdog(120);
  stamp(pattern, sizeof pattern, 42);
  int ran = 0;
  for (size_t i = 0; i < count; i++)
    if (is_named(cases[i].name, argc, argv)) {
      cases[i].run();
      ran++;
    }
  CHECK(ran >= (argc > 1 ? argc - 1 : 1), "%d named cases expected to run, found %d", argc - 1,
        ran);
}
