/* jemalloc's memory from the program break, and from hooks of the program's: dss.bats.
 *   dss conf      under MALLOC_CONF=dss:primary; the program moves the break, too
 *   dss arena     an arena that is switched to dss by mallctl
 *   dss hooks     an arena whose memory comes from a mapping of the program's own
 * Objects from there are served, measured, resized and freed by every entry. Prints how many lay
 * where they should. */
#include "je.h"
#include <malloc.h>
#include <sys/mman.h>

enum { OBJECTS = 400, STEP = 1000, ROUNDS = 3 };

static char *low, *high; /* where the memory must come from */
static long inside;
static int flags;

static void note(char *p) {
  char *top = high ? high : sbrk(0);
  inside += p >= low && p < top;
}

static char *ask(uint64_t *rng, size_t n) {
  if (flags)
    return must(mallocx(n, flags));
  return must(rng_below(rng, 3) ? malloc(n) : memalign(256, n));
}

/* Bytes of the break that the program took for itself stay its own. */
struct own {
  char *p;
} own[ROUNDS];

static void take_break(int round) {
  own[round].p = sbrk(STEP);
  CHECK(own[round].p != (void *)-1, "sbrk expected to work, errno %d", errno);
  stamp(own[round].p, STEP, (uintptr_t)own[round].p);
}

static void change(char **p, size_t *n, size_t to) {
  size_t kept = *n < to ? *n : to;
  uintptr_t tag = (uintptr_t)*p;
  char *q = must(realloc(*p, to));
  CHECK_STAMP(q, kept / 8 * 8, tag);
  stamp(q, to, (uintptr_t)q);
  *p = q;
  *n = to;
}

static void *run(void *seed) {
  uint64_t rng = (uintptr_t)seed;
  char *p[OBJECTS];
  size_t n[OBJECTS];
  for (int i = 0; i < OBJECTS; i++) {
    n[i] = 1 + rng_below(&rng, i % 50 ? 20000 : 3 << 20);
    p[i] = ask(&rng, n[i]);
    if (n[i] > 511 || flags)
      note(p[i]);
    CHECK(malloc_usable_size(p[i]) >= n[i], "usable size expected to be %zu, found %zu", n[i],
          malloc_usable_size(p[i]));
    stamp(p[i], n[i], (uintptr_t)p[i]);
    if (i % 5 == 0)
      change(&p[i], &n[i], 1 + rng_below(&rng, 40000));
  }
  for (int i = 0; i < OBJECTS; i++) {
    CHECK_STAMP(p[i], n[i], (uintptr_t)p[i]);
    free(p[i]);
  }
  return NULL;
}

static void use(void) {
  for (int round = 0; round < ROUNDS; round++) {
    pthread_t thread;
    if (!high)
      take_break(round);
    CHECK(pthread_create(&thread, NULL, run, (void *)(uintptr_t)(round + 1)) == 0,
          "a thread expected");
    pthread_join(thread, NULL);
    run((void *)(uintptr_t)(round + 100));
  }
  for (int round = 0; round < ROUNDS && !high; round++)
    CHECK_STAMP(own[round].p, STEP, (uintptr_t)own[round].p);
}

static void switch_arena(unsigned arena) {
  char name[40];
  const char *primary = "primary";
  snprintf(name, sizeof name, "arena.%u.dss", arena);
  CHECK(mallctl(name, NULL, NULL, &primary, sizeof primary) == 0, "%s expected to work", name);
}

/* A piece of the program's own mapping, or nothing. */
static void *give(struct je_hooks *h, void *at, size_t n, size_t alignment, bool *zero,
                  bool *commit, unsigned arena) {
  static char *next;
  (void)h, (void)arena;
  if (!next)
    next = low;
  char *p = (char *)(((uintptr_t)next + alignment - 1) & -alignment);
  if (at || p + n > high)
    return NULL;
  next = p + n;
  *zero = *commit = true;
  return p;
}

int main(int argc, char **argv) {
  static struct je_hooks hooks = {.alloc = give};
  watchdog(60);
  if (strcmp(argc > 1 ? argv[1] : "", "hooks") == 0) {
    size_t bytes = (size_t)1 << 36;
    low = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
               0);
    CHECK(low != MAP_FAILED, "a mapping expected");
    high = low + bytes;
    flags = MALLOCX_ARENA(je_new_arena(&hooks)) | MALLOCX_TCACHE_NONE;
  } else {
    low = sbrk(0);
    if (strcmp(argv[1], "arena") == 0) {
      unsigned arena = je_new_arena(NULL);
      switch_arena(arena);
      flags = MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE;
    }
  }
  use();
  SAY("%ld inside\n", inside);
}
