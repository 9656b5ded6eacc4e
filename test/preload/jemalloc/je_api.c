/* jemalloc's own API means what its manual says, for small and large sizes, whoever made the
 * object. je_api sizes     nallocx, mallocx, sallocx, malloc_usable_size agree, for all flags
 *   je_api zero      MALLOCX_ZERO covers the real size, also where malloc's object grows
 *   je_api keep      rallocx keeps the smaller of both real sizes; xallocx says what there is
 *   je_api counters  thread.allocated and its kin count every request of the thread
 *   je_api pages     a large object takes the pages of its size and no more
 *   je_api cache     thread.tcache.enabled off and on; tcache.create; arenas; thread.arena */
#include "je.h"
#include <malloc.h>

enum { LARGE = 20000 };

static size_t next_size(size_t n) { return n < 600 ? n + 1 : n + n / 9; }

static void agree(size_t n, int flags) {
  size_t promised = nallocx(n, flags);
  char *p = must(mallocx(n, flags));
  size_t real = sallocx(p, flags);
  CHECK(promised == real && real == malloc_usable_size(p) && real >= n,
        "nallocx(%zu, %x) %zu, sallocx %zu, malloc_usable_size %zu expected to agree", n,
        (unsigned)flags, promised, real, malloc_usable_size(p));
  CHECK((uintptr_t)p % ((size_t)1 << (flags & 63)) == 0, "mallocx(%zu, %x) expected aligned", n,
        (unsigned)flags);
  memset(p, 0x5a, real);
  if (n % 2)
    sdallocx(p, n, flags);
  else
    dallocx(p, flags);
}

static unsigned new_cache(void) {
  unsigned cache;
  size_t size = sizeof cache;
  CHECK(mallctl("tcache.create", &cache, &size, NULL, 0) == 0, "tcache.create expected to work");
  return cache;
}

static void case_sizes(void) {
  int arena = MALLOCX_ARENA(je_new_arena(NULL));
  int kinds[] = {0,
                 MALLOCX_ZERO,
                 MALLOCX_ARENA(0),
                 arena | MALLOCX_TCACHE_NONE,
                 MALLOCX_TCACHE_NONE,
                 MALLOCX_TCACHE(new_cache()),
                 arena | MALLOCX_TCACHE(new_cache())};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (int lg = 0; lg < 14; lg++)
      for (size_t n = 1; n < LARGE; n = next_size(n))
        agree(n, kinds[k] | MALLOCX_LG_ALIGN(lg));
}

static void check_bytes(const unsigned char *p, size_t from, size_t to, int value, size_t n) {
  for (size_t i = from; i < to; i++)
    CHECK(p[i] == value, "byte %zu of %zu expected to be %x, found %x", i, n, (unsigned)value,
          p[i]);
}

/* So that fresh memory is not zero by chance. */
static void leave_dirt(size_t n) {
  enum { MANY = 40 };
  void *p[MANY];
  for (int i = 0; i < MANY; i++) {
    p[i] = must(i % 2 ? malloc(n) : mallocx(n, 0));
    memset(p[i], 0xaa, malloc_usable_size(p[i]));
  }
  for (int i = 0; i < MANY; i++)
    free(p[i]);
}

static void case_zero(void) {
  for (size_t n = 1; n < LARGE; n = n < 600 ? n + 7 : next_size(n)) {
    leave_dirt(n);
    unsigned char *p = must(mallocx(n, MALLOCX_ZERO));
    size_t real = sallocx(p, 0);
    check_bytes(p, 0, real, 0, n);
    p = must(rallocx(p, real, MALLOCX_ZERO));
    check_bytes(p, 0, sallocx(p, 0), 0, n);
    free(p);
    p = must(malloc(n)); /* an object of malloc's grows: all beyond its real size is zero */
    real = sallocx(p, 0);
    memset(p, 0x33, real);
    p = must(rallocx(p, 2 * real, MALLOCX_ZERO));
    check_bytes(p, 0, real, 0x33, n);
    check_bytes(p, real, sallocx(p, 0), 0, n);
    dallocx(p, 0);
  }
}

static void case_keep(void) {
  for (size_t n = 1; n < LARGE; n = n < 600 ? n + 7 : next_size(n))
    for (int own = 0; own < 2; own++)
      for (size_t to = n / 2 + 1; to < 2 * n + 40; to += n / 3 + 1) {
        unsigned char *p = must(own ? malloc(n) : mallocx(n, 0));
        size_t before = sallocx(p, 0);
        memset(p, 0x44, before);
        p = must(rallocx(p, to, 0));
        size_t after = sallocx(p, 0);
        CHECK(after == nallocx(to, 0), "rallocx(%zu) expected nallocx's %zu, found %zu", to,
              nallocx(to, 0), after);
        check_bytes(p, 0, before < after ? before : after, 0x44, to);
        size_t now = xallocx(p, after + 1, 100, 0);
        CHECK(now == sallocx(p, 0) && now >= after, "xallocx expected the real size %zu, found %zu",
              sallocx(p, 0), now);
        free(p);
      }
}

static void grew(const char *what, uint64_t before, uint64_t after, uint64_t least, uint64_t most) {
  CHECK(after - before >= least && after - before <= most,
        "%s expected to grow by %lu to %lu, found %lu", what, least, most, after - before);
}

/* Pairs of n bytes: what is taken and given back all counts, at both places. */
static void count_pairs(size_t n) {
  enum { PAIRS = 500 };
  uint64_t *taken_at = (uint64_t *)(uintptr_t)je_read("thread.allocatedp");
  uint64_t taken = je_read("thread.allocated"), given = je_read("thread.deallocated");
  size_t real = 0;
  for (int i = 0; i < PAIRS; i++) {
    void *p = must(malloc(n));
    real += malloc_usable_size(p);
    free(p);
  }
  grew("thread.allocated", taken, je_read("thread.allocated"), real, real + 2 * n + 64);
  grew("thread.deallocated", given, je_read("thread.deallocated"), real, real + 2 * n + 64);
  CHECK(*taken_at == je_read("thread.allocated"),
        "what lies at allocatedp expected to be allocated's");
  size_t mib[4], depth = 4, size = 8;
  uint64_t by_mib = 0;
  CHECK(mallctlnametomib("thread.allocated", mib, &depth) == 0 &&
            mallctlbymib(mib, depth, &by_mib, &size, NULL, 0) == 0,
        "thread.allocated expected by its mib, too");
  CHECK(by_mib == *taken_at, "by its mib expected %lu, found %lu", *taken_at, by_mib);
}

static void *count(void *unused) {
  static const size_t sizes[] = {1, 100, 511, 512, 1000, 4096, 5000, 100000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    count_pairs(sizes[i]);
  uint64_t value = 0;
  CHECK(mallctl("thread.allocated", NULL, NULL, &value, sizeof value) == EPERM,
        "writing thread.allocated expected EPERM");
  return unused;
}

static void in_thread(void *(*f)(void *)) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, f, NULL) == 0, "a thread expected");
  pthread_join(thread, NULL);
}

static void case_counters(void) {
  count(NULL);
  in_thread(count);
  in_thread(count); /* an arena that served another before */
}

static bool cache_is_on(void) { return je_read_bytes("thread.tcache.enabled", 1) != 0; }

static void switch_cache(bool on) {
  CHECK(mallctl("thread.tcache.enabled", NULL, NULL, &on, sizeof on) == 0,
        "thread.tcache.enabled expected to work");
  CHECK(cache_is_on() == on, "the cache expected %s", on ? "on" : "off");
}

static void pairs(void) {
  for (size_t n = 1; n < LARGE; n = next_size(n)) {
    free(must(malloc(n)));
    dallocx(must(mallocx(n, 0)), 0);
  }
}

static void *with_caches(void *unused) {
  free(must(malloc(LARGE)));
  CHECK(cache_is_on(), "a thread's cache expected on after its first request");
  for (int i = 0; i < 6; i++) {
    switch_cache(i % 2);
    pairs();
    CHECK(cache_is_on() == i % 2, "the cache expected to stay as it was switched");
  }
  CHECK(mallctl("thread.tcache.flush", NULL, NULL, NULL, 0) == 0, "a flush expected to work");
  unsigned arena = je_new_arena(NULL);
  CHECK(mallctl("thread.arena", NULL, NULL, &arena, sizeof arena) == 0, "thread.arena expected");
  CHECK(je_read_bytes("thread.arena", 4) == arena, "thread.arena expected to be %u", arena);
  pairs();
  switch_cache(false); /* the thread ends so */
  return unused;
}

static void case_pages(void) {
  enum { MANY = 1000, PAGE = 4096 };
  uint64_t epoch = 1;
  uint64_t before = je_read("stats.active");
  for (int i = 0; i < MANY; i++)
    CHECK((uintptr_t)must(malloc(4 * PAGE)) % PAGE == 0, "a beginning of a page expected");
  mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
  uint64_t taken = je_read("stats.active") - before;
  CHECK(taken < MANY * 4 * PAGE / 100 * 105, /* a cache may take some for its next requests */
        "%d objects of 4 pages expected to take these, found %g each", MANY,
        (double)taken / PAGE / MANY);
}

static void case_cache(void) {
  with_caches(NULL);
  in_thread(with_caches);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(void);
  } cases[] = {{"sizes", case_sizes},       {"zero", case_zero},   {"keep", case_keep},
               {"counters", case_counters}, {"pages", case_pages}, {"cache", case_cache}};
  watchdog(60);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (argc > 1 && strcmp(argv[1], cases[i].name) == 0) {
      cases[i].run();
      SAY("ok\n");
      return 0;
    }
  FAIL("usage: je_api sizes|zero|keep|counters|pages|cache");
}
