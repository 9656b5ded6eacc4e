/* Memory of a pool of threads that shrinks.
 *
 *   threads_pool [THREADS = 64 [STAY = 4 [OBJECTS = 20000 [LIMIT_MIB]]]]
 *
 * THREADS threads make objects of 16..500 bytes and free each other's, in rounds.  Then all but
 * STAY sleep, and those go on for a second and a half.  Prints the resident MiB before and after;
 * fails if the latter are above the limit, if it is given. */
#include "../check.h"

#include <time.h>

enum { ROUNDS = 4 };

static long threads, stay, count;
static char ***rows; /* of each thread: what it made last */
static pthread_barrier_t all, some, leave;
static _Atomic int stop;

static void round_of(long me, long together, pthread_barrier_t *barrier) {
  uint64_t rng = (uint64_t)me;
  for (long i = 0; i < count; i++) {
    rows[me][i] = must(malloc(16 + rng_below(&rng, 485)));
    memset(rows[me][i], (int)me, 16);
  }
  pthread_barrier_wait(barrier);
  char **other = rows[(me + 1) % together];
  for (long i = 0; i < count; i++) {
    CHECK(other[i][0] == (char)((me + 1) % together) && other[i][15] == other[i][0],
          "contents of object %ld changed", i);
    free(other[i]);
  }
  pthread_barrier_wait(barrier);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *work(void *number) {
  long me = (long)number;
  for (int i = 0; i < ROUNDS; i++)
    round_of(me, threads, &all);
  pthread_barrier_wait(&leave); /* measured here */
  for (double end = now() + 1.5; me < stay && !stop;) {
    round_of(me, stay, &some);
    if (me == 0 && now() > end)
      stop = 1;
    pthread_barrier_wait(&some);
  }
  pthread_barrier_wait(&leave); /* those that sleep wait here */
  return NULL;
}

int main(int argc, char **argv) {
  threads = arg_long(argc, argv, 1, 64);
  stay = arg_long(argc, argv, 2, 4);
  count = arg_long(argc, argv, 3, 20000);
  long limit = arg_long(argc, argv, 4, 1 << 30);
  watchdog(120);
  pthread_t *started = must(calloc((size_t)threads, sizeof *started));
  rows = must(calloc((size_t)threads, sizeof *rows));
  for (long i = 0; i < threads; i++) {
    rows[i] = must(calloc((size_t)count, sizeof **rows));
    memset(rows[i], 1, (size_t)count * sizeof **rows);
  }
  pthread_barrier_init(&all, NULL, (unsigned)threads);
  pthread_barrier_init(&some, NULL, (unsigned)stay);
  pthread_barrier_init(&leave, NULL, (unsigned)threads + 1);
  long before = resident_bytes();
  for (long i = 0; i < threads; i++)
    started[i] = thread_start_small(work, (void *)i);
  pthread_barrier_wait(&leave);
  long busy = (resident_bytes() - before) >> 20;
  while (!stop)
    usleep(1000);
  usleep(100000);
  long shrunk = (resident_bytes() - before) >> 20;
  pthread_barrier_wait(&leave);
  for (long i = 0; i < threads; i++)
    pthread_join(started[i], NULL);
  printf("MiB: %ld threads %ld, %ld of them %ld\n", threads, busy, stay, shrunk);
  CHECK(shrunk <= limit, "at most %ld MiB expected, found %ld", limit, shrunk);
}
