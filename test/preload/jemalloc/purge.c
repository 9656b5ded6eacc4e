/* What jemalloc keeps that no object is in (shim/jemalloc/purge_policy.h).
 *
 *   purge freed       everything freed: nearly all has gone back by the last free
 *   purge calloc      the same of objects that malloc never had a part in
 *   purge threads     the same by threads that end, each with too few bytes to look around
 *   purge caches      as `freed`, after threads that ended with objects in their caches
 *   purge ended       threads that end leave their pages to later ones
 *   purge mixed       as `freed`, after pages that aligned objects share with others
 *   purge peak        the process's peak is that of its live objects
 *   purge untouched   objects of which a page is touched cost hardly any page fault
 *   purge cycles      all freed again and again: pages serve again
 *   purge trimmed     malloc_trim gives back what waits in the extent cache
 *   purge replaced    objects that four threads replace at random keep their pages
 */
#include "../check.h"

#include <malloc.h>
#include <stdbool.h>
#include <sys/resource.h>

enum { OBJECTS = 2000, MANY_SLOTS = 100, THREADS = 400 };

static struct rusage usage(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u;
}

static uint64_t state = 88172645463325252u;
static size_t between(size_t least, size_t most) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return least + (state >> 20) % (most - least + 1);
}

static bool by_calloc;

static void *touched(size_t n) {
  char *p = must(by_calloc ? calloc(1, n) : malloc(n));
  for (size_t at = 0; at < n; at += 4096)
    p[at] = 1;
  return p;
}

static void *object[OBJECTS];

static void fill(void) {
  for (size_t i = 0; i < OBJECTS; i++)
    object[i] = touched(between(16 << 10, 256 << 10));
}

static void expect_few(size_t before, size_t full) {
  size_t now = (size_t)resident_bytes();
  CHECK(full - before > 200 << 20, "200 MiB expected, found %zu", full - before);
  CHECK(now < before || (now - before) * 8 < full - before, "of %zu bytes %zu are left",
        full - before, now - before);
}

static void freed(void) {
  size_t before = (size_t)resident_bytes();
  for (size_t times = 0; times < 4; times++) {
    fill();
    size_t full = (size_t)resident_bytes();
    for (size_t i = 0; i < OBJECTS; i++)
      free(object[i]);
    expect_few(before, full);
    usleep(150000);
  }
}

static void callocs(void) {
  by_calloc = true;
  freed();
}

static void *free_one(void *p) {
  free(p);
  return NULL;
}

static void threads(void) {
  void *thread_object[THREADS];
  size_t before = (size_t)resident_bytes();
  for (size_t i = 0; i < THREADS; i++)
    thread_object[i] = touched(700 << 10);
  size_t full = (size_t)resident_bytes();
  for (size_t i = 0; i < THREADS; i++) {
    pthread_t t;
    CHECK(pthread_create(&t, NULL, free_one, thread_object[i]) == 0, "thread %zu: none", i);
    pthread_join(t, NULL);
  }
  expect_few(before, full);
}

static void *fill_caches(void *unused) {
  enum { SHELF = 64 << 10, MOST = SHELF / 512 };
  void *there[MOST];
  for (size_t bytes = 512; bytes <= 4096; bytes += 512) {
    for (size_t i = 0; i < SHELF / bytes; i++)
      there[i] = must(malloc(bytes));
    for (size_t i = 0; i < SHELF / bytes; i++)
      free(there[i]);
  }
  return unused;
}

static void caches(void) {
  for (size_t i = 0; i < 2 * THREADS; i++)
    pthread_join(thread_start(fill_caches, NULL), NULL);
  freed();
}

static void *fill_and_free(void *unused) {
  enum { COUNT = 100 };
  char *there[COUNT];
  for (size_t i = 0; i < COUNT; i++)
    there[i] = touched(20000);
  for (size_t i = 0; i < COUNT; i++)
    free(there[i]);
  return unused;
}

static void ended(void) {
  long faults = usage().ru_minflt, pages = THREADS * 100 * (20000 / 4096 + 1);
  for (size_t i = 0; i < THREADS; i++)
    pthread_join(thread_start(fill_and_free, NULL), NULL);
  faults = usage().ru_minflt - faults;
  CHECK(faults < pages / 2, "of %ld pages, %ld were faulted in", pages, faults);
  long most = usage().ru_maxrss, allowed = 40 << 10;
  CHECK(most < allowed, "%ld KiB were resident, with 2 MB alive", most);
}

static void mixed(void) {
  for (size_t i = 0; i < 1000000; i++) {
    void *p = must(malloc(1000)), *q = must(memalign(64, 1000));
    free(p);
    free(q);
  }
  freed();
}

enum { HALF = 400, HALF_BYTES = 250000 };

static void *fill_half(void *unused) {
  for (size_t i = 0; i < HALF; i++)
    object[HALF + i] = touched(HALF_BYTES);
  return unused;
}

/* A thread has an arena of its own, where what main has freed is of no use. */
static void peak(void) {
  size_t before = (size_t)resident_bytes();
  for (size_t i = 0; i < HALF; i++)
    object[i] = touched(HALF_BYTES);
  for (size_t i = 0; i < HALF; i += 2)
    free(object[i]);
  pthread_join(thread_start(fill_half, NULL), NULL);
  size_t live = HALF / 2 * 3 * (size_t)HALF_BYTES,
         found = (size_t)usage().ru_maxrss * 1024 - before;
  CHECK(found < live / 4 * 5, "%zu bytes at most expected, found %zu", live / 4 * 5, found);
}

static void untouched(void) {
  enum { TIMES = 60000 };
  void *slot[MANY_SLOTS] = {NULL};
  touched(20 << 20); /* not a small process */
  long faults = usage().ru_minflt;
  for (size_t i = 0; i < TIMES; i++) {
    size_t k = between(0, MANY_SLOTS - 1), n = (size_t)512 << between(0, 15);
    free(slot[k]);
    char *p = slot[k] = must(malloc(n + between(0, n)));
    *p = 1;
  }
  faults = usage().ru_minflt - faults;
  CHECK(faults < TIMES / 5, "%d requests took %ld page faults", TIMES, faults);
}

static void cycles(void) {
  enum { TIMES = 40, BYTES = 500 << 10, COUNT = 80 };
  long faults = usage().ru_minflt;
  for (size_t i = 0; i < TIMES; i++) {
    for (size_t k = 0; k < COUNT; k++)
      object[k] = touched(BYTES);
    for (size_t k = 0; k < COUNT; k++)
      free(object[k]);
  }
  faults = usage().ru_minflt - faults;
  long pages = (long)TIMES * COUNT * (BYTES / 4096);
  CHECK(faults < pages / 2, "of %ld pages, %ld were faulted in", pages, faults);
}

static void trimmed(void) {
  enum { COUNT = 4, BYTES = 1000000 };
  touched(BYTES); /* from now on objects wait there */
  malloc_trim(0);
  size_t before = (size_t)resident_bytes();
  for (size_t k = 0; k < COUNT; k++)
    object[k] = touched(BYTES);
  for (size_t k = 0; k < COUNT; k++)
    free(object[k]);
  malloc_trim(0);
  size_t now = (size_t)resident_bytes();
  CHECK(now < before + BYTES, "of %d bytes that were freed %zu are left", COUNT * BYTES,
        now - before);
}

/* What is idle in one thread's arena is of no use to the others: by the peak limit it would go back
 * all the time. */
static void *replace(void *seed) {
  enum { TIMES = 15000 };
  char *slot[MANY_SLOTS] = {NULL};
  uint64_t rng = (uint64_t)(uintptr_t)seed;
  for (size_t i = 0; i < TIMES; i++) {
    char **at = &slot[rng_below(&rng, MANY_SLOTS)];
    size_t n = (16 << 10) + rng_below(&rng, 500 << 10);
    free(*at);
    *at = must(malloc(n));
    for (size_t k = 0; k < n; k += 4096)
      (*at)[k] = 1;
  }
  return NULL;
}

static void replaced(void) {
  pthread_t thread[4];
  long faults = usage().ru_minflt;
  for (uintptr_t i = 0; i < 4; i++)
    thread[i] = thread_start(replace, (void *)(i + 1));
  for (size_t i = 0; i < 4; i++)
    pthread_join(thread[i], NULL);
  faults = usage().ru_minflt - faults;
  long pages = usage().ru_maxrss / 4;
  CHECK(faults < 4 * pages, "%ld pages were faulted in %ld times", pages, faults);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(void);
  } all[] = {{"freed", freed},     {"calloc", callocs},      {"threads", threads},
             {"caches", caches},   {"ended", ended},         {"mixed", mixed},
             {"peak", peak},       {"untouched", untouched}, {"cycles", cycles},
             {"trimmed", trimmed}, {"replaced", replaced}};
  for (size_t k = 0; argc == 2 && k < sizeof all / sizeof *all; k++)
    if (strcmp(argv[1], all[k].name) == 0) {
      all[k].run();
      return 0;
    }
  return 2;
}
