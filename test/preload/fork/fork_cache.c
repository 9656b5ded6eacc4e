/* Forks while another thread takes objects of LEAST to MOST bytes and frees them, and nothing else:
 * fork_cache [FORKS = 500 [LEAST = 600 MOST = 4000]].  So it often vanishes in the middle of its cache.  In the child a new
 * thread takes over its arena, cache included, and uses it. */
#include "../check.h"
#include <stdatomic.h>
#include <stdbool.h>

static atomic_bool stop;
static uint64_t least, most;

static void take_and_free(uint64_t *rng, int rounds) {
  char *volatile p[3];
  for (int i = 0; i < rounds; i++) {
    size_t n = least + rng_below(rng, most - least);
    for (int k = 0; k < 3; k++)
      memset(p[k] = must(malloc(n)), 0x5a, 64);
    for (int k = 0; k < 3; k++)
      free(p[k]);
  }
}

static void *work(void *unused) {
  (void)unused;
  uint64_t rng = 1;
  while (!atomic_load_explicit(&stop, memory_order_relaxed))
    take_and_free(&rng, 16);
  return NULL;
}

static void *work_in_child(void *unused) {
  uint64_t rng = 2;
  take_and_free(&rng, 400);
  return unused;
}

static void be_child(void) {
  watchdog(30);
  pthread_join(thread_start(work_in_child, NULL), NULL);
  _exit(0);
}

int main(int argc, char **argv) {
  long forks = arg_long(argc, argv, 1, 500);
  least = (uint64_t)arg_long(argc, argv, 2, 600);
  most = (uint64_t)arg_long(argc, argv, 3, 4000);
  watchdog(120);
  pthread_t t = thread_start(work, NULL);
  for (long i = 0; i < forks; i++) {
    pid_t child = fork();
    CHECK(child >= 0, "fork %ld expected a pid, found errno %d", i, errno);
    if (child == 0)
      be_child();
    wait_ok(child);
  }
  stop = true;
  pthread_join(t, NULL);
}
