/* Samples: call sites with very different shapes of use, estimated within a few per cent.
 *
 *   one_deep   what is freed at once: its cell goes round and no list would end by itself
 *   random     1,000 slots replaced at random
 *   kept       never freed
 *   aligned    the same, in cells that are larger than the size's own
 *   some, no   one request of no bytes after 49 of ten: these have no list of their own
 *   large_*    of jemalloc's objects, whose samples lie among others of their size class: one deep;
 *              replaced at random, of 500 bytes (its samples are jemalloc's), 512, 1000, 6000, and
 *              aligned; by calloc and never freed; in place by realloc
 *
 * The expected number of samples of a site is bytes/period; the estimate's standard error is about
 * 1/sqrt of that.  Allowed are five of them, so that a sound shim fails one run in a million.
 *
 * Usage: tags_sampled PERIOD   (as ARENASHIM_SAMPLE has it, in bytes) */
#include <malloc.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../shim/arenashim.h"

enum {
  SIZE = 100,
  ALIGNMENT = 64,
  ALIGNED_CELL = 128,
  SOME = 10,
  SOME_CELL = 16,
  LARGE = 1000,
  EDGE = 500,
  EDGE_CELL = 512,
  WIDE = 6000,
  PAIRS = 4000000,
  LARGE_PAIRS = 400000,
  LARGE_KEPT = 20000,
  SLOTS = 1000,
  KEPT = 400000
};

static void *slots[SLOTS], *kept[KEPT], *kept_aligned[KEPT];

static __attribute__((noinline, noclone)) void one_deep(void) {
  for (int i = 0; i < PAIRS; i++)
    free(malloc(SIZE));
}

static __attribute__((noinline)) void random_slots(void) {
  uint64_t x = 88172645463325252u;
  for (int i = 0; i < PAIRS; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    void **slot = &slots[(x >> 20) % SLOTS];
    free(*slot);
    *slot = malloc(SIZE);
  }
}

static __attribute__((noinline)) void keep(void) {
  for (int i = 0; i < KEPT; i++)
    kept[i] = malloc(SIZE);
}

static __attribute__((noinline)) void keep_aligned(void) {
  for (int i = 0; i < KEPT; i++)
    kept_aligned[i] = memalign(ALIGNMENT, SIZE);
}

static __attribute__((noinline, noclone)) void some_bytes(void) { free(malloc(SOME)); }

static __attribute__((noinline, noclone)) void no_bytes(void) { free(malloc(0)); }

static __attribute__((noinline)) void some_and_no_bytes(void) {
  for (int i = 1; i <= PAIRS; i++)
    (i % 50 == 0 ? no_bytes : some_bytes)();
}

enum { CODE = 32 }; /* bytes of these functions, up to their last call */
#define OWN_CODE __attribute__((noinline, noclone, aligned(CODE)))

/* What calls it does not return by malloc's own. */
static inline void *written(void *p) {
  *(volatile char *)p = 1;
  return p;
}

static OWN_CODE void large_deep(void) {
  for (int i = 0; i < LARGE_PAIRS; i++)
    free(malloc(LARGE));
}

static void *large_kept[LARGE_KEPT];
static OWN_CODE void large_keep(void) {
  for (int i = 0; i < LARGE_KEPT; i++)
    large_kept[i] = calloc(1, LARGE);
}

static OWN_CODE void large_resized(void) {
  void *p = NULL;
  for (int i = 0; i < LARGE_PAIRS; i++)
    p = realloc(p, LARGE);
}

static OWN_CODE void *large_edge(void) { return written(malloc(EDGE)); }
static OWN_CODE void *large_least(void) { return written(malloc(EDGE_CELL)); }
static OWN_CODE void *large_wide(void) { return written(malloc(WIDE)); }
static OWN_CODE void *large_beside(void) { return written(malloc(LARGE)); }
static OWN_CODE void *large_aligned(void) { return written(memalign(1024, SIZE)); }

/* Sites in turn at a slot, so that what one frees serves another. */
static OWN_CODE void large_random(void) {
  static void *(*const turn[])(void) = {large_edge, large_least, large_wide, large_beside,
                                        large_aligned};
  enum { TURNS = sizeof turn / sizeof *turn };
  static void *slot[SLOTS];
  uint64_t x = 88172645463325252u;
  for (int i = 0; i < TURNS * LARGE_PAIRS; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    void **s = &slot[(x >> 20) % (SLOTS / TURNS) * TURNS + (size_t)i % TURNS];
    free(*s);
    *s = turn[i % TURNS]();
  }
}

#define LARGE_SITE(f, cell, bytes, allocs, live)                                                   \
  { #f, (char *)f, (char *)f + CODE, cell, allocs, live, 0, 0, bytes }
static struct {
  const char *name;
  char *from, *end; /* the function's code, as far as it may reach; the first counts */
  double cell;      /* a sample's chance goes by it */
  double allocs, live;
  double estimated_allocs, estimated_live_bytes;
  double bytes; /* 0: SIZE */
} sites[] = {
    LARGE_SITE(large_deep, LARGE, LARGE, LARGE_PAIRS, 0),
    LARGE_SITE(large_keep, LARGE, LARGE, LARGE_KEPT, LARGE_KEPT),
    LARGE_SITE(large_resized, LARGE, LARGE, LARGE_PAIRS, 1),
    LARGE_SITE(large_edge, EDGE_CELL, EDGE, LARGE_PAIRS, SLOTS / 5),
    LARGE_SITE(large_least, EDGE_CELL, EDGE_CELL, LARGE_PAIRS, SLOTS / 5),
    LARGE_SITE(large_wide, WIDE, WIDE, LARGE_PAIRS, SLOTS / 5),
    LARGE_SITE(large_beside, LARGE, LARGE, LARGE_PAIRS, SLOTS / 5),
    LARGE_SITE(large_aligned, SIZE, SIZE, LARGE_PAIRS, SLOTS / 5),
    {"some", (char *)some_bytes, (char *)some_bytes + 32, SOME_CELL, PAIRS / 50 * 49, 0, 0, 0, 0},
    {"no", (char *)no_bytes, (char *)no_bytes + 32, SOME_CELL, PAIRS / 50, 0, 0, 0, 0},
    {"aligned", (char *)keep_aligned, (char *)keep_aligned + 64, ALIGNED_CELL, KEPT, KEPT, 0, 0, 0},
    {"one_deep", (char *)one_deep, (char *)one_deep + 128, SIZE, PAIRS, 0, 0, 0, 0},
    {"random", (char *)random_slots, (char *)random_slots + 256, SIZE, PAIRS, SLOTS, 0, 0, 0},
    {"keep", (char *)keep, (char *)keep + 128, SIZE, KEPT, KEPT, 0, 0, 0},
};

static void visit(const struct arenashim_site *s, void *argument) {
  (void)argument;
  for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
    if (s->frames > 0 && (char *)s->path[0] > sites[i].from && (char *)s->path[0] < sites[i].end) {
      sites[i].estimated_allocs += (double)s->allocs;
      sites[i].estimated_live_bytes += (double)s->live_bytes;
      return;
    }
}

static int differs(const char *name, const char *what, double expected, double got, double gap) {
  double error = 5 * sqrt(expected * gap);
  printf("%s: %s %.0f, estimated %.0f, allowed +-%.0f\n", name, what, expected, got, error);
  return fabs(got - expected) > error;
}

int main(int argc, char **argv) {
  double period = argc == 2 ? atof(argv[1]) : 0;
  if (period < 1 || arenashim_sites == NULL)
    return 2;
  one_deep();
  random_slots();
  keep();
  keep_aligned();
  some_and_no_bytes();
  large_deep();
  large_keep();
  large_resized();
  large_random();
  arenashim_sites(visit, NULL);
  int bad = 0;
  for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++) {
    double gap = period / sites[i].cell; /* requests a sample */
    bad += differs(sites[i].name, "requests", sites[i].allocs, sites[i].estimated_allocs, gap);
    double bytes = sites[i].bytes > 0 ? sites[i].bytes : SIZE;
    bad +=
        differs(sites[i].name, "alive", sites[i].live, sites[i].estimated_live_bytes / bytes, gap);
  }
  return bad != 0;
}
