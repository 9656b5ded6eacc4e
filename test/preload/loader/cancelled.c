/* A thread with a request to be cancelled allocates, frees, and asks for dumps: none of it is a
 * cancellation point.  Ends with 7 when the thread came through, and a second dump works. */
#include "../../../shim/arenashim.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static volatile int came_through;

static void *work(void *unused) {
  (void)unused;
  pthread_cancel(pthread_self());
  for (size_t n = 1; n < 10000000; n = n * 3 / 2 + 1)
    free(malloc(n));
  came_through = arenashim_dump("d.%n") == 0 && arenashim_report("r.%n") == 0;
  pthread_testcancel();
  return NULL;
}

int main(void) {
  pthread_t thread;
  void *end = NULL;
  pthread_create(&thread, NULL, work, NULL);
  pthread_join(thread, &end);
  return came_through && end == PTHREAD_CANCELED && arenashim_dump("d.%n") == 0 ? 7 : 1;
}
