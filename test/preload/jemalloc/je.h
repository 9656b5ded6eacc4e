/* jemalloc's own API for tests: what its manual names, resolved when the program is loaded. The
 * types and flags are the manual's. */
#pragma once
#include "../check.h"
#include <stdbool.h>

#pragma weak mallocx
#pragma weak rallocx
#pragma weak xallocx
#pragma weak sallocx
#pragma weak dallocx
#pragma weak sdallocx
#pragma weak nallocx
#pragma weak mallctl
#pragma weak mallctlnametomib
#pragma weak mallctlbymib
void *mallocx(size_t n, int flags);
void *rallocx(void *p, size_t n, int flags);
size_t xallocx(void *p, size_t n, size_t extra, int flags);
size_t sallocx(const void *p, int flags);
void dallocx(void *p, int flags);
void sdallocx(void *p, size_t n, int flags);
size_t nallocx(size_t n, int flags);
int mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size);
int mallctlnametomib(const char *name, size_t *mib, size_t *length);
int mallctlbymib(const size_t *mib, size_t length, void *old, size_t *old_size, void *new,
                 size_t n);

#define MALLOCX_LG_ALIGN(lg)  ((int)(lg))
#define MALLOCX_ZERO          0x40
#define MALLOCX_TCACHE(cache) ((int)(((cache) + 2) << 8))
#define MALLOCX_TCACHE_NONE   MALLOCX_TCACHE(-1)
#define MALLOCX_ARENA(arena)  ((((int)(arena)) + 1) << 20)

/* Bytes that jemalloc counts as allocated now. */
static inline size_t allocated(void) {
  uint64_t epoch = 1;
  size_t value = 0, bytes = sizeof value;
  mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
  mallctl("stats.allocated", &value, &bytes, NULL, 0);
  return value;
}

/* extent_hooks_t */
struct je_hooks {
  void *(*alloc)(struct je_hooks *, void *at, size_t n, size_t alignment, bool *zero, bool *commit,
                 unsigned arena);
  bool (*dalloc)(struct je_hooks *, void *at, size_t n, bool committed, unsigned arena);
  void (*destroy)(struct je_hooks *, void *at, size_t n, bool committed, unsigned arena);
  void *others[6];
};

/* The value of so many bytes that must be there. */
static inline uint64_t je_read_bytes(const char *name, size_t n) {
  uint64_t value = 0;
  int error = mallctl(name, &value, &n, NULL, 0);
  CHECK(error == 0, "mallctl(\"%s\") expected 0, found %d", name, error);
  return value;
}
static inline uint64_t je_read(const char *name) { return je_read_bytes(name, 8); }

static inline unsigned je_new_arena(struct je_hooks *hooks) {
  unsigned arena;
  size_t n = sizeof arena;
  int error =
      mallctl("arenas.create", &arena, &n, hooks ? (void *)&hooks : NULL, hooks ? sizeof hooks : 0);
  CHECK(error == 0, "arenas.create expected 0, found %d", error);
  return arena;
}
