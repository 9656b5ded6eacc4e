/* What a thread's start and end cost.
 *
 *   threads COUNT TOGETHER OBJECTS [AROUND [SLEEP]]
 *
 * Starts COUNT threads, TOGETHER at a time, each of which allocates and frees OBJECTS objects of
 * 16..512 bytes.  AROUND other threads have arenas meanwhile and sleep, or with `ended` in place of
 * SLEEP have ended before.  Prints the nanoseconds of wall time and of CPU time a thread. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long objects;
static pthread_barrier_t there, leave;

static void *work(void *unused) {
  void *held[objects + 1];
  for (long i = 0; i < objects; i++) {
    held[i] = malloc(16 + (size_t)i * 37 % 497);
    memset(held[i], 1, 16);
  }
  for (long i = 0; i < objects; i++)
    free(held[i]);
  return unused;
}

static void *stay(void *unused) {
  free(memset(malloc(100), 1, 100));
  pthread_barrier_wait(&there);
  pthread_barrier_wait(&leave);
  return unused;
}

static pthread_t start(void *(*run)(void *)) {
  pthread_t thread;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 << 10);
  if (pthread_create(&thread, &small, run, NULL) != 0) {
    perror("pthread_create");
    exit(1);
  }
  return thread;
}

static double seconds(int clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start_all(long count, long together) {
  pthread_t threads[together];
  for (long done = 0; done < count; done += together) {
    for (long i = 0; i < together; i++)
      threads[i] = start(work);
    for (long i = 0; i < together; i++)
      pthread_join(threads[i], NULL);
  }
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: threads COUNT TOGETHER OBJECTS [AROUND [ended]]\n");
    return 2;
  }
  long count = atol(argv[1]), together = atol(argv[2]), around = argc > 4 ? atol(argv[4]) : 0;
  int ended = argc > 5;
  objects = atol(argv[3]);
  pthread_t *others = calloc((size_t)around + 1, sizeof *others);
  pthread_barrier_init(&there, NULL, (unsigned)around + 1);
  pthread_barrier_init(&leave, NULL, (unsigned)around + 1);
  for (long i = 0; i < around; i++)
    others[i] = start(stay);
  pthread_barrier_wait(&there);
  if (ended)
    pthread_barrier_wait(&leave);
  for (long i = 0; i < around && ended; i++)
    pthread_join(others[i], NULL);
  start_all(count / 10, together);
  double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  start_all(count, together);
  wall = seconds(CLOCK_MONOTONIC) - wall;
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  printf("wall %.0f cpu %.0f ns a thread\n", wall / (double)count * 1e9, cpu / (double)count * 1e9);
  return 0; /* ends those that sleep */
}
