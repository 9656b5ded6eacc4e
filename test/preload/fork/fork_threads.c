/* Forks from a process whose other threads allocate all the time: fork_threads [FORKS = 1000].
 * Children allocate, free what their parent's threads made, start threads and fork again. A hang is
 * a failure. */
#include "../check.h"
#include <stdatomic.h>
#include <stdbool.h>

enum { WORKERS = 4, SHELF = 512, OWN = 64 };

struct object {
  uint64_t tag;
  size_t size;
  char bytes[];
};

/* Workers publish finished objects here by atomic exchange: at any instant a fork sees whole ones
 * only. */
static _Atomic(struct object *) shelf[SHELF];
static struct object *own[OWN]; /* the main thread's */
static atomic_bool stop;

/* Mostly small; one in eight goes to jemalloc, one in 500 is huge. */
static struct object *object_new(uint64_t *rng) {
  size_t kind = rng_below(rng, 500);
  size_t n = kind == 0 ? 70000 : kind < 62 ? 512 + rng_below(rng, 4000) : rng_below(rng, 480);
  struct object *o = must(malloc(sizeof *o + n));
  *o = (struct object){rng_next(rng), n};
  stamp(o->bytes, n, o->tag);
  return o;
}

static void object_free(struct object *o) {
  if (o)
    CHECK_STAMP(o->bytes, o->size, o->tag);
  free(o);
}

static void churn(uint64_t *rng, int rounds) {
  for (int i = 0; i < rounds; i++)
    object_free(atomic_exchange(&shelf[rng_below(rng, SHELF)], object_new(rng)));
}

static void *work(void *seed) {
  uint64_t rng = (uintptr_t)seed;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    churn(&rng, 64);
    usleep(50); /* busy spinners would make each fork wait for several time slices */
  }
  return NULL;
}

static void *work_in_child(void *seed) {
  uint64_t rng = (uintptr_t)seed;
  churn(&rng, 200);
  return NULL;
}

/* All a forked child may do with the heap it was born with. */
static void be_child(uint64_t seed, int depth) {
  watchdog(30);
  uint64_t rng = seed;
  churn(&rng, 300);
  for (int i = 0; i < OWN; i++) {
    CHECK_STAMP(own[i]->bytes, own[i]->size, own[i]->tag);
    size_t to = own[i]->size / 2 + 300;
    own[i] = must(realloc(own[i], sizeof *own[i] + to));
    own[i]->size = own[i]->size < to ? own[i]->size / 8 * 8 : to / 8 * 8;
  }
  if (seed % 4 == 0) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
      threads[i] = thread_start(work_in_child, (void *)(uintptr_t)(seed + (uint64_t)i));
    churn(&rng, 300);
    for (int i = 0; i < 2; i++)
      pthread_join(threads[i], NULL);
  }
  if (depth < 2 && seed % 8 == 0) {
    pid_t pid = fork();
    CHECK(pid >= 0, "fork in a child expected a pid, found errno %d", errno);
    if (pid == 0) {
      be_child(seed + 8, depth + 1);
      _exit(0);
    }
    wait_ok(pid);
  }
  for (int i = 0; i < OWN; i++)
    object_free(own[i]);
  for (int i = 0; i < SHELF; i++)
    object_free(atomic_exchange(&shelf[i], NULL));
}

int main(int argc, char **argv) {
  long forks = arg_long(argc, argv, 1, 1000);
  watchdog(60 + (unsigned)(forks / 10));
  uint64_t rng = 11;
  for (int i = 0; i < OWN; i++)
    own[i] = object_new(&rng);
  pthread_t threads[WORKERS];
  for (int i = 0; i < WORKERS; i++)
    threads[i] = thread_start(work, (void *)(uintptr_t)(100 + i));
  for (long i = 0; i < forks; i++) {
    pid_t pid = fork();
    CHECK(pid >= 0, "fork %ld expected a pid, found errno %d", i, errno);
    if (pid == 0) {
      be_child((uint64_t)i, 0);
      if (i % 16 == 1)
        exit(0); /* with all destructors, and the report if one is asked for */
      _exit(0);
    }
    churn(&rng, 20);
    object_free(own[i % OWN]);
    own[i % OWN] = object_new(&rng);
    wait_ok(pid);
  }
  atomic_store(&stop, true);
  for (int i = 0; i < WORKERS; i++)
    pthread_join(threads[i], NULL);
  for (int i = 0; i < OWN; i++)
    object_free(own[i]);
  for (int i = 0; i < SHELF; i++)
    object_free(shelf[i]);
}
