/* Ends in one of the ways a program can: exit_paths
 * return|exit|pthread_exit|threads|_exit|quick_exit|abort|term|exec. Those that have a status of
 * their own give 7. `pthread_exit` is main's; `threads` is exit with busy threads. */
#include "../check.h"

static void *stay_busy(void *arg) {
  uint64_t rng = (uintptr_t)arg;
  for (;;) {
    char *p = must(malloc(rng_below(&rng, 800)));
    p = must(realloc(p, rng_below(&rng, 800) + 1));
    free(p);
  }
  return NULL;
}

static void *outlive_main(void *arg) {
  usleep(100000);
  for (size_t n = 0; n < 600; n++)
    free(must(malloc(n)));
  return arg;
}

int main(int argc, char **argv) {
  watchdog(30);
  const char *way = argc > 1 ? argv[1] : "return";
  for (size_t n = 0; n < 1000; n++) /* every second one stays alive */
    n % 2 ? free(must(malloc(n))) : (void)hide(must(malloc(n)));
  if (strcmp(way, "return") == 0)
    return 7;
  if (strcmp(way, "exit") == 0)
    exit(7);
  if (strcmp(way, "pthread_exit") == 0) {
    thread_start(outlive_main, NULL);
    pthread_exit(NULL);
  }
  if (strcmp(way, "threads") == 0) {
    for (uintptr_t i = 0; i < 4; i++)
      thread_start(stay_busy, (void *)(i + 1));
    usleep(50000);
    exit(7);
  }
  if (strcmp(way, "_exit") == 0)
    _exit(7);
  if (strcmp(way, "quick_exit") == 0)
    quick_exit(7);
  if (strcmp(way, "abort") == 0)
    abort();
  if (strcmp(way, "term") == 0)
    raise(SIGTERM);
  if (strcmp(way, "exec") == 0)
    execl("/bin/true", "true", (char *)NULL);
  FAIL("a way to end expected, found %s", way);
}
