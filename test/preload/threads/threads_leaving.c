/* Threads that end one after the other while main returns, so that the dump of its end meets some
 * that have just left their arenas. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 64, STEP_US = 100 };

static pthread_barrier_t begun;

static void *leave(void *number) {
  free(malloc(100));
  pthread_barrier_wait(&begun);
  usleep((useconds_t)((size_t)number * STEP_US));
  return NULL;
}

int main(void) {
  pthread_t t;
  pthread_barrier_init(&begun, NULL, THREADS + 1);
  for (size_t i = 0; i < THREADS; i++)
    pthread_create(&t, NULL, leave, (void *)i);
  pthread_barrier_wait(&begun);
  return 0;
}
