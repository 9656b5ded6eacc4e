/* Sends itself signals while 4 threads are busy and 3 more have ended: signal_report SIGNAL [COUNT
 * = 20 [USEC = 2000]]. To the process and to its threads by turns. First line: the books of the
 * ended threads, which are exact in every report: each made 1000 objects of 48 bytes and freed 900.
 * Last line: "survived". */
#include "../check.h"
#include <stdatomic.h>
#include <stdbool.h>

enum { BUSY = 4, ENDED = 3, MADE = 1000, LIVE = 100 };

static atomic_bool stop;
static atomic_int begun; /* busy threads that have an arena */
static char *left[ENDED][LIVE];
static pthread_barrier_t all_alive; /* so that each of the ended has had an arena of its own */

static void *stay_busy(void *seed) {
  uint64_t rng = (uintptr_t)seed;
  char *held[200] = {0};
  size_t sizes[200] = {0};
  free(must(malloc(1)));
  atomic_fetch_add(&begun, 1);
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    size_t i = rng_below(&rng, 200);
    if (held[i])
      CHECK_STAMP(held[i], sizes[i], (uintptr_t)held[i]);
    free(held[i]);
    sizes[i] = rng_below(&rng, 600);
    held[i] = must(malloc(sizes[i]));
    stamp(held[i], sizes[i], (uintptr_t)held[i]);
  }
  for (int i = 0; i < 200; i++)
    free(held[i]);
  return NULL;
}

static void *end_soon(void *arg) {
  char **mine = arg;
  for (int i = 0; i < MADE; i++) {
    char *p = must(malloc(48));
    if (i < LIVE)
      mine[i] = p;
    else
      free(p);
  }
  pthread_barrier_wait(&all_alive);
  return NULL;
}

int main(int argc, char **argv) {
  int sig = (int)arg_long(argc, argv, 1, SIGUSR2);
  long count = arg_long(argc, argv, 2, 20), pause = arg_long(argc, argv, 3, 2000);
  watchdog(60 + (unsigned)(count / 20));
  pthread_t ended[ENDED], busy[BUSY];
  pthread_barrier_init(&all_alive, NULL, ENDED);
  /* the busy ones first: they would be handed the arenas of the ended */
  for (uintptr_t i = 0; i < BUSY; i++)
    busy[i] = thread_start(stay_busy, (void *)(i + 1));
  while (atomic_load(&begun) < BUSY)
    usleep(1000);
  for (int i = 0; i < ENDED; i++)
    ended[i] = thread_start(end_soon, left[i]);
  for (int i = 0; i < ENDED; i++)
    pthread_join(ended[i], NULL);
  SAY("ended=%d allocs=%d frees=%d live=%d requested_live_rounded=%d\n", ENDED, ENDED * MADE,
      ENDED * (MADE - LIVE), ENDED * LIVE, ENDED * LIVE * 48);
  for (long i = 0; i < count; i++) {
    i % 2 ? pthread_kill(busy[i % BUSY], sig) : kill(getpid(), sig);
    usleep((useconds_t)pause);
  }
  atomic_store(&stop, true);
  for (int i = 0; i < BUSY; i++)
    pthread_join(busy[i], NULL);
  SAY("survived\n");
}
