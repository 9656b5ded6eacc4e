/* Works the allocator in four threads and in forked children; says "done" and ends with 7.  With
 * another preloaded library whose wrappers allocate, each call that we make of libc comes back to
 * us (interposed.bats). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 40, KEPT = 64 };

static void allocate(unsigned seed) {
  static const size_t sizes[] = {1, 40, 500, 600, 5000, 40000, 300000, 3000000};
  char *kept[KEPT] = {0};
  for (unsigned i = 0; i < ROUNDS * KEPT; i++) {
    unsigned at = (i * 7 + seed) % KEPT;
    size_t n = sizes[(i + seed) % 8];
    free(kept[at]);
    kept[at] = i % 3 ? malloc(n) : calloc(1, n);
    kept[at] = i % 5 ? kept[at] : realloc(kept[at], 2 * n);
    kept[at][0] = 1;
  }
  for (unsigned i = 0; i < KEPT; i++)
    free(kept[i]);
}

static void *work(void *seed) {
  allocate((unsigned)(size_t)seed);
  return NULL;
}

static int child_of_fork(void) {
  pid_t child = fork();
  if (child == 0) {
    allocate(3);
    exit(0);
  }
  int status = 1;
  return waitpid(child, &status, 0) == child && status == 0;
}

int main(void) {
  pthread_t threads[THREADS];
  int good = 1;
  for (size_t i = 0; i < THREADS; i++)
    pthread_create(&threads[i], NULL, work, (void *)i);
  for (int i = 0; i < 5; i++)
    good &= child_of_fork();
  for (size_t i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  good &= child_of_fork();
  return good && puts("done") > 0 ? 7 : 1;
}
