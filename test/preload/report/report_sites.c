/* Makes a known number of requests at known call sites and prints its own books, a line a site:
 *   NAME live= objects= peak= allocs= temporary= (percent) smallest= largest= rounding=
 * to be compared with the report's tables: each NAME is the exported function that calls malloc.
 * report_sites one        the main thread
 * report_sites threads    as well: four threads alive at once, an arena each, and objects that
 *                         other threads free */
#include "../check.h"

#define CALLER __attribute__((noinline, noclone, visibility("default")))
enum { HELD = 1000, CHURNED = 600, TOP = 3000, TOP_BYTES = 400, LARGE = 100000, THREADS = 4 };

static void *held[THREADS + 1][HELD], *passed_on[HELD], *top[TOP];
static void *big[3], *grown;
static pthread_barrier_t all_alive;

/* Each keeps its frame: the call of malloc is not its last act. */
CALLER void *holds_40(void **to) {
  for (int i = 0; i < HELD; i++)
    to[i] = must(malloc(40));
  return to[0];
}

CALLER int churns(void) {
  for (int i = 0; i < CHURNED; i++)
    free(must(malloc((size_t)i % 300)));
  return 0;
}

CALLER int holds_large(void) {
  for (int i = 0; i < 3; i++)
    big[i] = must(malloc(LARGE + (size_t)i));
  return 0;
}

CALLER int grows(void) { /* 10 bytes and 16 have one cell */
  for (size_t n = 10; n <= 16; n++)
    grown = must(realloc(grown, n));
  return 0;
}

CALLER int tops(void) {
  for (int i = 0; i < TOP; i++)
    top[i] = must(calloc(1, TOP_BYTES));
  return 0;
}

CALLER int passes_on(void) {
  for (int i = 0; i < HELD; i++)
    passed_on[i] = must(malloc(100));
  return 0;
}

static void *hold_in_thread(void *to) {
  pthread_barrier_wait(&all_alive);
  holds_40(to);
  pthread_barrier_wait(&all_alive);
  return NULL;
}

/* All but the last ten. */
static void *free_in_thread(void *unused) {
  for (int i = 0; i < HELD - 10; i++)
    free(passed_on[i]);
  return unused;
}

static void book(const char *name, long live, long objects, long peak, long allocs, long temporary,
                 long smallest, long largest, long rounding) {
  SAY("%s live=%ld objects=%ld peak=%ld allocs=%ld temporary=%ld smallest=%ld largest=%ld "
      "rounding=%ld\n",
      name, live, objects, peak, allocs, temporary, smallest, largest, rounding);
}

static void use_threads(void) {
  pthread_t threads[THREADS], freeing;
  pthread_barrier_init(&all_alive, NULL, THREADS);
  for (int i = 0; i < THREADS; i++)
    threads[i] = thread_start(hold_in_thread, held[i + 1]);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  passes_on();
  freeing = thread_start(free_in_thread, NULL);
  pthread_join(freeing, NULL);
  book("passes_on", 1000, 10, 100000, HELD, 0, 100, 100, 10 * 12);
}

int main(int argc, char **argv) {
  watchdog(60);
  long arenas = 1;
  tops();
  for (int i = 0; i < TOP; i++)
    free(top[i]);
  holds_40(held[0]);
  churns();
  holds_large();
  free(big[0]);
  grows();
  if (argc > 1 && strcmp(argv[1], "threads") == 0) {
    arenas += THREADS;
    use_threads();
  }
  book("holds_40", arenas * HELD * 40, arenas * HELD, arenas * HELD * 40, arenas * HELD, 0, 40, 40,
       arenas * HELD * 8);
  book("churns", 0, 0, 299, CHURNED, 100, 0, 299, 0);
  book("holds_large", 2 * LARGE + 3, 2, 3 * LARGE + 3, 3, 0, LARGE, LARGE + 2, 0);
  book("grows", 16, 1, 16, 7, 0, 10, 16, 0);
  book("tops", 0, 0, TOP * TOP_BYTES, TOP, 0, TOP_BYTES, TOP_BYTES, 0);
}
