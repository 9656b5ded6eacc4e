/* A thread that starts, and asks for memory, when jemalloc's figures for a signal's report are due
 * again (large.h: REFRESH_MS). */
#include "../check.h"

static void *ask(void *unused) {
  free(malloc(40));
  return unused;
}

int main(void) {
  free(malloc(4000));
  usleep(150 * 1000);
  pthread_t t = thread_start(ask, NULL);
  pthread_join(t, NULL);
  return 0;
}
