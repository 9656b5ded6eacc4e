/* Marks from all sides: names of all lengths, a signal handler, four threads at a time, more than are kept.
 * Without the shim the call is not there. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"

int arenashim_mark(const char *name) __attribute__((weak));

enum { THREADS = 4, EACH = 5000 };

static void on_signal(int number) {
  (void)number;
  CHECK(arenashim_mark("in a handler") == 0, "in a handler");
}

static void *work(void *number) {
  char name[32];
  for (int i = 0; i < EACH; i++) {
    snprintf(name, sizeof name, "%d.%d", (int)(size_t)number, i);
    CHECK(arenashim_mark(name) == 0, "%s", name);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  char longest[200];
  if (arenashim_mark == NULL)
    return 3;
  errno = 0;
  CHECK(arenashim_mark(NULL) == -1 && errno == EINVAL, "NULL: %d", errno);
  CHECK(arenashim_mark("") == -1 && errno == EINVAL, "no name: %d", errno);
  for (size_t i = 0; i < THREADS; i++)
    pthread_create(&threads[i], NULL, work, (void *)i);
  for (size_t i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  signal(SIGUSR1, on_signal);
  errno = 7;
  raise(SIGUSR1);
  CHECK(errno == 7, "errno is %d", errno);
  memset(longest, 'x', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  CHECK(arenashim_mark(longest) == 0, "a long name");
  return 0;
}
