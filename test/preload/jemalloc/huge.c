/* Huge objects, beside jemalloc (shim/jemalloc/huge.h).
 *
 *   huge model SEED     requests, reallocs and frees at random, in four threads: nobody else writes
 *   huge grow           256 MiB in steps of 1 MiB: pages are faulted in once, and never held twice
 *   huge serve          5..25 MB come and go: pages serve again, and the peak is the program's
 *   huge untouched      what nobody wrote to does not go back
 *   huge calloc         zeros, also where objects with other bytes were
 *   huge many           more than there are places for; those beyond are served, too
 *   huge api            jemalloc's own functions on huge objects
 *   huge shrink         what a shrinking object leaves goes back
 *   huge inside         ends the program: free of a pointer into a huge object
 *   huge split          grows when its mapping is in two, so that mremap refuses
 */
#include "../check.h"
#include "je.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { MIB = 1 << 20, SLOTS = 12, STEPS = 2000, THREADS = 4, MANY = 9000 };

static long faults(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_minflt;
}

static size_t peak_bytes(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (size_t)u.ru_maxrss * 1024;
}

/* ---- model: the first word of each page says whose it is ---- */

struct object {
  char *p;
  size_t bytes;
  uint64_t stamp;
};

static void write_stamps(struct object *o, size_t from) {
  for (size_t at = from / 4096 * 4096; at + 8 <= o->bytes; at += 4096)
    memcpy(o->p + at, &(uint64_t){o->stamp + at}, 8);
}

static void check_stamps(const struct object *o, size_t bytes) {
  for (size_t at = 0; at + 8 <= bytes; at += 4096) {
    uint64_t found;
    memcpy(&found, o->p + at, 8);
    CHECK(found == o->stamp + at, "%p of %zu bytes at %zu: another's", (void *)o->p, o->bytes, at);
  }
}

/* Three in four are huge, up to 16 MiB; the others are jemalloc's. */
static size_t some_bytes(uint64_t *rng) {
  return rng_below(rng, 4) == 0 ? 4096 + rng_below(rng, MIB) : MIB / 2 + rng_below(rng, 16 * MIB);
}

static void change(struct object *o, uint64_t *rng) {
  size_t bytes = some_bytes(rng), kept = bytes < o->bytes ? bytes : o->bytes;
  if (rng_below(rng, 3) == 0) { /* a step of a growing buffer */
    bytes = o->bytes + MIB / 4;
    kept = o->bytes;
  }
  o->p = must(realloc(o->p, bytes));
  check_stamps(o, kept);
  CHECK(malloc_usable_size(o->p) >= bytes, "%zu bytes expected", bytes);
  o->bytes = bytes;
  write_stamps(o, kept);
}

static void *model_thread(void *seed) {
  uint64_t rng = (uint64_t)(uintptr_t)seed;
  struct object slot[SLOTS] = {{0}};
  for (unsigned i = 0; i < STEPS / THREADS; i++) {
    struct object *o = &slot[rng_below(&rng, SLOTS)];
    if (o->p != NULL && rng_below(&rng, 2) == 0) {
      change(o, &rng);
      continue;
    }
    check_stamps(o, o->bytes);
    free(o->p);
    *o = (struct object){.bytes = some_bytes(&rng), .stamp = rng};
    o->p = must(malloc(o->bytes));
    write_stamps(o, 0);
  }
  for (unsigned i = 0; i < SLOTS; i++) {
    check_stamps(&slot[i], slot[i].bytes);
    free(slot[i].p);
  }
  return NULL;
}

static void model(const char *seed) {
  pthread_t thread[THREADS];
  for (uintptr_t i = 0; i < THREADS; i++)
    thread[i] = thread_start(model_thread, (void *)(strtoul(seed, NULL, 10) * 77 + i + 1));
  for (unsigned i = 0; i < THREADS; i++)
    pthread_join(thread[i], NULL);
}

/* ---- pages ---- */

static void grow(const char *unused) {
  (void)unused;
  enum { STEP = MIB, MOST = 256 * MIB };
  size_t peak = peak_bytes();
  long before = faults();
  char *p = NULL;
  for (size_t n = STEP; n <= MOST; n += STEP) {
    p = must(realloc(p, n));
    for (size_t at = n - STEP; at < n; at += 4096)
      p[at] = (char)(at / 4096);
  }
  for (size_t at = 0; at < MOST; at += 4096)
    CHECK(p[at] == (char)(at / 4096), "byte %zu is another", at);
  long found = faults() - before, pages = MOST / 4096;
  CHECK(found < pages + pages / 10, "%ld pages, and %ld page faults", pages, found);
  CHECK(peak_bytes() - peak < MOST / 10 * 11, "%zu MiB at the peak", (peak_bytes() - peak) / MIB);
  free(p);
}

static void serve(const char *unused) {
  (void)unused;
  enum { BUFFERS = 20, TIMES = 600 };
  char *slot[BUFFERS] = {NULL};
  size_t bytes[BUFFERS] = {0}, live = 0, most = 0, pages = 0, start = peak_bytes();
  uint64_t rng = 42;
  long before = faults();
  for (unsigned i = 0; i < TIMES; i++) {
    unsigned k = (unsigned)rng_below(&rng, BUFFERS);
    size_t n = 5000000 + rng_below(&rng, 20000000);
    char *p =
        must(malloc(n)); /* as when a pointer is assigned: the new one before the old one goes */
    for (size_t at = 0; at < n; at += 4096)
      p[at] = 1;
    live += n;
    most = live > most ? live : most;
    live -= bytes[k];
    free(slot[k]);
    slot[k] = p;
    bytes[k] = n;
    pages += n / 4096;
  }
  long found = faults() - before;
  CHECK((size_t)found < pages / 4, "of %zu pages, %ld were faulted in", pages, found);
  size_t peak = peak_bytes() - start;
  CHECK(peak < most + most / 8, "%zu MiB at most expected, found %zu", (most + most / 8) / MIB,
        peak / MIB);
}

/* All freed again and again, each time when a tenth of a second has passed. */
static void untouched(const char *unused) {
  (void)unused;
  enum { BUFFERS = 20, TIMES = 6 };
  char *slot[BUFFERS];
  long first = 0;
  for (unsigned i = 0; i < TIMES; i++) {
    for (unsigned k = 0; k < BUFFERS; k++)
      *(slot[k] = must(malloc((4 + k) * (size_t)MIB))) = 1;
    for (unsigned k = 0; k < BUFFERS; k++)
      free(slot[k]);
    first = i == 0 ? faults() : first;
    usleep(120000);
  }
  long found = faults() - first;
  CHECK(found < (TIMES - 1) * BUFFERS / 2, "%ld page faults after the first time", found);
}

static void zeros(const char *unused) {
  (void)unused;
  for (unsigned i = 0; i < 20; i++) {
    size_t n = (3 + i % 5) * (size_t)MIB;
    char *p = must(malloc(n));
    memset(p, 0x55, n);
    free(p);
    char *q = must(calloc(n / 8, 8));
    for (size_t at = 0; at < n; at += 512)
      CHECK(q[at] == 0, "byte %zu is not 0", at);
    memset(q, 0x66, n);
    free(q);
  }
}

static void many(const char *unused) {
  (void)unused;
  static char *object[MANY];
  for (unsigned i = 0; i < MANY; i++) {
    object[i] = must(malloc(MIB));
    *object[i] = (char)i;
  }
  for (unsigned i = 0; i < MANY; i++)
    CHECK(*object[i] == (char)i, "object %u is another's", i);
  for (unsigned i = 0; i < MANY; i += 2)
    free(object[i]);
  for (unsigned i = 1; i < MANY; i += 2) {
    CHECK(malloc_usable_size(object[i]) >= MIB && *object[i] == (char)i, "object %u", i);
    free(object[i]);
  }
}

static void api(const char *unused) {
  (void)unused;
  char *p = must(malloc(5 * MIB));
  p[5 * MIB - 1] = 7;
  size_t bytes = malloc_usable_size(p);
  CHECK(sallocx(p, 0) == bytes, "sallocx: %zu of %zu", sallocx(p, 0), bytes);
  CHECK(xallocx(p, 9 * MIB, 0, 0) == bytes, "xallocx: not in place");
  p = must(rallocx(p, 9 * MIB, 0));
  CHECK(p[5 * MIB - 1] == 7, "rallocx: other bytes");
  dallocx(p, 0);
  p = must(malloc(6 * MIB));
  sdallocx(p, 6 * MIB, 0);
  p = must(mallocx(4 * MIB, 0)); /* jemalloc's, which realloc makes a huge one */
  p[4 * MIB - 1] = 9;
  p = must(realloc(p, 12 * MIB));
  CHECK(p[4 * MIB - 1] == 9, "realloc: other bytes");
  free(p);
}

static void shrink(const char *unused) {
  (void)unused;
  size_t before = (size_t)resident_bytes();
  char *p = must(malloc(200 * MIB));
  memset(p, 1, 200 * MIB);
  p = must(realloc(p, 20 * MIB));
  CHECK(p[20 * MIB - 1] == 1, "other bytes");
  size_t left = (size_t)resident_bytes() - before;
  CHECK(left < 60 * MIB, "20 MiB expected, found %zu", left / MIB);
  p = must(realloc(p, 1000));
  CHECK(p[999] == 1, "other bytes");
  left = (size_t)resident_bytes() - before;
  CHECK(left < 16 * MIB, "next to nothing expected, found %zu MiB", left / MIB);
  free(p);
}

static void inside(const char *unused) {
  (void)unused;
  char *volatile p = must(malloc(3 * MIB));
  printf("%p\n", (void *)p);
  fflush(stdout);
  free(p + 100000);
}

static void split(const char *unused) {
  (void)unused;
  char *p = must(malloc(8 * MIB));
  for (size_t at = 0; at < 8 * MIB; at += 4096)
    p[at] = (char)(at / 4096);
  CHECK(madvise(p + 4 * MIB, 4096, MADV_DONTFORK) == 0, "no madvise");
  for (size_t n = 9 * MIB; n < 80 * MIB; n += 7 * MIB) {
    p = must(realloc(p, n));
    for (size_t at = 0; at < 8 * MIB; at += 4096)
      CHECK(p[at] == (char)(at / 4096), "byte %zu is another", at);
    p[n - 1] = 1;
  }
  free(p);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(const char *);
  } all[] = {{"model", model},   {"grow", grow},  {"serve", serve}, {"untouched", untouched},
             {"calloc", zeros},  {"many", many},  {"api", api},     {"shrink", shrink},
             {"inside", inside}, {"split", split}};
  for (size_t k = 0; argc >= 2 && k < sizeof all / sizeof *all; k++)
    if (strcmp(argv[1], all[k].name) == 0) {
      all[k].run(argc > 2 ? argv[2] : "1");
      return 0;
    }
  return 2;
}
