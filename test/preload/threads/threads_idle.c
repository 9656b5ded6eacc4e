/* Memory of many threads that sleep, and of those that have ended.
 *
 *   threads_idle [THREADS = 1000 [ROUNDS = 1 [IDLE_KIB [ENDED_MIB]]]]
 *
 * Each thread allocates 15 classes x 100 objects, writes and frees all of them, in ROUNDS, and
 * sleeps.  Prints the resident KiB of one thread, its stack included, and the MiB that stay when
 * all have ended; fails if they are above the limits, if these are given. */
#include "../check.h"

enum { CLASSES_USED = 15, OBJECTS = 100, STACK = 128 << 10 };

static long rounds;
static pthread_barrier_t done, leave;

static void work(void) {
  void *objects[CLASSES_USED * OBJECTS];
  int n = 0;
  for (int c = 0; c < CLASSES_USED; c++)
    for (int i = 0; i < OBJECTS; i++, n++) {
      size_t bytes = 16 + (size_t)c * 32 - (c == CLASSES_USED - 1 ? 10 : 0);
      objects[n] = must(malloc(bytes));
      memset(objects[n], 1, bytes);
    }
  for (int i = 0; i < n; i++)
    free(objects[i]);
}

static void *live(void *unused) {
  for (long i = 0; i < rounds; i++)
    work();
  pthread_barrier_wait(&done);
  pthread_barrier_wait(&leave);
  return unused;
}

static void request_a_little(void) {
  for (size_t i = 0; i < 2000; i++) {
    free(hide(must(malloc(1000 + i))));
    free(hide(must(malloc(i % 500))));
  }
}

int main(int argc, char **argv) {
  long count = arg_long(argc, argv, 1, 1000), idle_limit = arg_long(argc, argv, 3, 1 << 20);
  long ended_limit = arg_long(argc, argv, 4, 1 << 20);
  rounds = arg_long(argc, argv, 2, 1);
  watchdog(120);
  pthread_t *threads = must(calloc((size_t)count, sizeof *threads));
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, STACK);
  pthread_barrier_init(&done, NULL, (unsigned)count + 1);
  pthread_barrier_init(&leave, NULL, (unsigned)count + 1);
  long before = resident_bytes();
  for (long i = 0; i < count; i++)
    CHECK(pthread_create(&threads[i], &small, live, NULL) == 0, "thread %ld was refused", i);
  pthread_barrier_wait(&done);
  usleep(1200000);
  request_a_little();
  long idle = (resident_bytes() - before) / count / 1024;
  pthread_barrier_wait(&leave);
  for (long i = 0; i < count; i++)
    pthread_join(threads[i], NULL);
  usleep(700000);
  request_a_little();
  long ended = (resident_bytes() - before) >> 20;
  printf("idle %ld KiB a thread, ended %ld MiB\n", idle, ended);
  CHECK(idle <= idle_limit, "at most %ld KiB a thread expected, found %ld", idle_limit, idle);
  CHECK(ended <= ended_limit, "at most %ld MiB expected after the end, found %ld", ended_limit,
        ended);
}
