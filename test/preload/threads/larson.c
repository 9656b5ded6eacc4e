/* The larson shape: a thread replaces objects of an inherited set at random, then leaves the set to
 * a new thread and ends. larson [GENERATIONS = 40 [THREADS = 4]]. Most frees are of objects whose
 * makers are gone. */
#include "../check.h"

enum { SET = 2000, REPLACE = 20000, MAX_THREADS = 64, SLACK = 24 << 20 };

struct set {
  uint64_t rng;
  char *objects[SET];
  size_t sizes[SET];
};

static void *replace(void *arg) {
  struct set *s = arg;
  for (int n = 0; n < REPLACE; n++) {
    size_t i = rng_below(&s->rng, SET);
    if (s->objects[i])
      CHECK_STAMP(s->objects[i], s->sizes[i], (uintptr_t)s->objects[i]);
    free(s->objects[i]);
    s->sizes[i] = rng_below(&s->rng, n % 100 ? 512 : 4000);
    s->objects[i] = must(malloc(s->sizes[i]));
    stamp(s->objects[i], s->sizes[i], (uintptr_t)s->objects[i]);
  }
  return NULL;
}

int main(int argc, char **argv) {
  long generations = arg_long(argc, argv, 1, 40), count = arg_long(argc, argv, 2, 4), before = 0;
  CHECK(count > 0 && count <= MAX_THREADS, "1 to %d threads expected, found %ld", MAX_THREADS,
        count);
  watchdog(60 + (unsigned)generations);
  static struct set sets[MAX_THREADS];
  for (long g = 0; g < generations; g++) {
    pthread_t threads[MAX_THREADS];
    for (long i = 0; i < count; i++) {
      sets[i].rng = (uint64_t)(g * MAX_THREADS + i);
      threads[i] = thread_start(replace, &sets[i]);
    }
    for (long i = 0; i < count; i++)
      pthread_join(threads[i], NULL);
    if (g == generations / 4)
      before = resident_bytes();
  }
  long grown = resident_bytes() - before;
  CHECK(grown < SLACK, "resident memory expected flat, found %ld KiB more", grown / 1024);
  for (long i = 0; i < count; i++)
    for (int j = 0; j < SET; j++)
      free(sets[i].objects[j]);
}
