/* Takes and frees large objects in steps, and keeps books of its own: large_books.
 *
 * After each step it says how many objects live and how many usable bytes they have, and waits for
 * a line.  Most steps only free: nothing but the frees themselves can then say how much is left. */
#define _GNU_SOURCE
#include "../check.h"
#include <malloc.h>
#include <stdatomic.h>

enum { THREADS = 4, SMALL = 60000, HUGE = 20, MIXED = 400 };

static _Atomic size_t objects, bytes;
static void *small[SMALL], *huge[HUGE], *mixed[THREADS][MIXED];

static void take(void **at, size_t n) {
  *at = must(malloc(n));
  objects++;
  bytes += malloc_usable_size(*at);
}

static void give(void **at) {
  objects--;
  bytes -= malloc_usable_size(*at);
  free(*at);
}

static void say(const char *step) {
  char line[16];
  printf("%s %zu %zu\n", step, (size_t)objects, (size_t)bytes);
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL)
    exit(0);
}

/* The threads stay: what they have not published when they end would be published then. */
static pthread_barrier_t barrier;

static void *work(void *number) {
  void **mine = mixed[(uintptr_t)number];
  uint64_t rng = (uintptr_t)number + 1;
  for (int i = 0; i < MIXED; i++)
    take(&mine[i], 5000 + rng_below(&rng, 95000));
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < MIXED * 9 / 10; i++)
    give(&mine[i]);
  pthread_barrier_wait(&barrier);
  pause();
  return NULL;
}

int main(void) {
  watchdog(120);
  say("none");
  for (int i = 0; i < SMALL; i++)
    take(&small[i], 1000);
  say("small");
  for (int i = 0; i < SMALL * 5 / 6; i++)
    give(&small[i]);
  say("small-freed");
  for (int i = 0; i < HUGE; i++)
    take(&huge[i], 3000000);
  say("huge");
  for (int i = 0; i < HUGE * 3 / 4; i++)
    give(&huge[i]);
  say("huge-freed");
  pthread_barrier_init(&barrier, NULL, THREADS + 1);
  for (uintptr_t i = 0; i < THREADS; i++)
    thread_start(work, (void *)i);
  pthread_barrier_wait(&barrier);
  say("threads");
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  say("threads-freed");
  raise(SIGKILL);
}
