/* Objects freed by other threads than their own: remote_free [ROUNDS = 300].
 * By a busy thread, by one that never allocates, by one whose owner has ended, and all of them over
 * again: nothing is lost. */
#include "../check.h"

enum { COUNT = 4000, SLACK = 6 << 20 };

static char *objects[COUNT];
static size_t sizes[COUNT];

static void *make_all(void *seed) {
  uint64_t rng = (uintptr_t)seed;
  for (int i = 0; i < COUNT; i++) {
    sizes[i] = rng_below(&rng, i % 100 ? 512 : 6000);
    objects[i] = must(malloc(sizes[i]));
    stamp(objects[i], sizes[i], (uintptr_t)objects[i]);
  }
  return NULL;
}

/* Its only dealings with the heap are frees: it may have no arena of its own. */
static void *free_all(void *arg) {
  for (int i = 0; i < COUNT; i++) {
    CHECK_STAMP(objects[i], sizes[i], (uintptr_t)objects[i]);
    free(objects[i]);
  }
  return arg;
}

/* Takes over the objects by realloc and frees them; with objects of its own between them. */
static void *realloc_all(void *arg) {
  for (int i = 0; i < COUNT; i++) {
    char *mine = must(malloc(sizes[i]));
    char *taken = must(realloc(objects[i], sizes[i] + 100));
    CHECK_STAMP(taken, sizes[i] / 8 * 8, (uintptr_t)objects[i]);
    free(taken);
    free(mine);
  }
  return arg;
}

static void join(pthread_t t) { pthread_join(t, NULL); }

/* The owner is alive, asleep at a barrier, while another frees what it made; then it allocates the
 * same again. */
static pthread_barrier_t barrier;

static void *owner(void *rounds) {
  for (long i = 0; i < (long)rounds; i++) {
    make_all((void *)(i + 1));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

static void *taker(void *rounds) {
  for (long i = 0; i < (long)rounds; i++) {
    pthread_barrier_wait(&barrier);
    i % 2 ? realloc_all(NULL) : free_all(NULL);
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

static void check_flat(const char *what, long before) {
  long grown = resident_bytes() - before;
  CHECK(grown < SLACK, "%s: resident memory expected flat, found %ld KiB more", what, grown / 1024);
}

int main(int argc, char **argv) {
  long rounds = arg_long(argc, argv, 1, 300), before = 0;
  watchdog(60 + (unsigned)(rounds / 10));
  for (long i = 0; i < rounds; i++) {
    if (i == rounds / 10)
      before = resident_bytes();
    join(thread_start(make_all, (void *)(i + 1))); /* its owner has ended */
    i % 2 ? join(thread_start(free_all, NULL)) : (void)free_all(NULL);
    make_all((void *)(i + 2)); /* its owner, the main thread, waits */
    join(thread_start(i % 2 ? realloc_all : free_all, NULL));
  }
  check_flat("ended and waiting owners", before);
  pthread_barrier_init(&barrier, NULL, 2);
  for (int phase = 0; phase < 2; phase++) {
    before = resident_bytes();
    pthread_t a = thread_start(owner, (void *)rounds), b = thread_start(taker, (void *)rounds);
    join(a);
    join(b);
  }
  check_flat("living owner, second pass", before);
}
