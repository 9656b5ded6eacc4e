/* Two generations of 16 threads for nth_fail_threads.bats, which refuses every second system call
 * of a kind, from the k-th of each thread on: threads that start, work for as long as jemalloc's
 * events need (one each 64 KiB) and end, while memory comes and goes. Prints "main" first. Any
 * request may be refused, with NULL and ENOMEM; what was handed out keeps its contents; what
 * succeeds keeps errno. idle: the main thread asks for nothing itself. greedy: they ask for more
 * than 100 MB at once. */
#include "../check.h"
#include <malloc.h>

enum { THREADS = 16, GENERATIONS = 2, FEW = 40, MANY = 300, MARK = 4711 };

static size_t slots = FEW; /* operations: ten times as many */
static _Atomic long refused, served;

struct object {
  char *p;
  size_t size;
};

static void release(struct object *o) {
  if (o->p)
    CHECK_STAMP(o->p, o->size, (uintptr_t)o->p);
  errno = MARK;
  free(o->p);
  CHECK(errno == MARK, "free expected to keep errno, found %d", errno);
  *o = (struct object){0};
}

static void *ask(uint64_t *rng, size_t n) {
  switch (rng_below(rng, 4)) {
  case 0:
    return memalign(4096, n);
  case 1:
    return calloc(1, n);
  default:
    return malloc(n);
  }
}

static void replace(uint64_t *rng, struct object *o) {
  size_t n = 1 + rng_below(rng, rng_below(rng, 4) ? 40000 : 500);
  release(o);
  errno = MARK;
  char *p = ask(rng, n);
  CHECK(errno == (p ? MARK : ENOMEM), "errno expected to be %s, found %d", p ? "kept" : "ENOMEM",
        errno);
  if (!p) {
    refused++;
    return;
  }
  served++;
  *o = (struct object){p, n};
  stamp(p, n, (uintptr_t)p);
}

static void *run(void *number) {
  uint64_t rng = (uintptr_t)number;
  struct object objects[MANY] = {0};
  for (size_t i = 0; i < 10 * slots; i++)
    replace(&rng, &objects[rng_below(&rng, slots)]);
  for (size_t i = 0; i < slots; i++)
    release(&objects[i]);
  return NULL;
}

static void generation(int main_too) {
  pthread_t threads[THREADS];
  int begun = 0;
  for (uintptr_t i = 0; i < THREADS; i++)
    begun += pthread_create(&threads[begun], NULL, run, (void *)(i + 1)) == 0;
  if (main_too)
    run((void *)99);
  while (begun)
    pthread_join(threads[--begun], NULL);
}

int main(int argc, char **argv) {
  int idle = argc > 1 && strcmp(argv[1], "idle") == 0;
  if (argc > 1 && !idle)
    slots = MANY;
  watchdog(20);
  SAY("main\n");
  for (int i = 0; i < GENERATIONS; i++)
    generation(!idle);
  SAY("done, %ld served, %ld refused\n", served, refused);
}
