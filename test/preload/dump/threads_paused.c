/* Threads of one name that allocate and then wait, while the program ends: a dump is written of
 * what they have, which their arenas have not all been told of. */
#include "../check.h"

#include <sys/prctl.h>

enum { THREADS = 3, OBJECTS = 201 };

static void *kept[THREADS][OBJECTS];
static _Atomic int ready;

__attribute__((noinline)) static void *get(size_t bytes) { return malloc(bytes); }

static void *worker(void *argument) {
  long number = (long)argument;
  prctl(PR_SET_NAME, "worker");
  for (int i = 0; i < OBJECTS; i++)
    kept[number][i] = get(40);
  if (number == 2) {
    void *large = get(5000);
    free(large);
  }
  void *volatile twice = malloc(16); /* two calls from two lines */
  free(twice);
  twice = malloc(24);
  ready++;
  for (;;)
    pause();
  return NULL;
}

int main(void) {
  pthread_t thread;
  for (long i = 0; i < THREADS; i++)
    CHECK(pthread_create(&thread, NULL, worker, (void *)i) == 0, "thread %ld", i);
  while (ready < THREADS)
    usleep(1000);
  return 0;
}
