/* Makes a known number of requests and prints its own books, to be compared with the report at
 * exit. counters baseline                 none of its own: what a program's start and end cost
 * counters one [TIMES = 1]          the main thread
 * counters threads [THREADS = 8]    as many threads, one after the other and ended; the main thread
 * frees a part of theirs counters together [THREADS = 8]   the same, all alive at once, so that
 * each has an arena of its own Per size class, and in total: small requests only; `large` are those
 * of 512 bytes and more. Nothing else here allocates. (pthread_create does: one large request a
 * thread, and what the program's start takes is in baseline.) */
#include "../check.h"

enum { SMALL_END = 512, CLASSES = 33, REMOTE = 5, MAX_THREADS = 64 };

struct books {
  long allocs[CLASSES], frees[CLASSES], remote[CLASSES], large;
  void *for_main[SMALL_END][REMOTE]; /* what another thread is to free */
};

static struct books books[MAX_THREADS];
static pthread_barrier_t all_alive;
static int together;

/* Classes are 16 bytes apart; a request of no bytes takes the smallest cell. */
static int class_of(size_t n) { return n ? (int)((n + 15) / 16) : 1; }

/* Of each size 0..511: 10 + n % 7 made, of which 4 are freed here and REMOTE left to others. */
static void make_known(struct books *b) {
  for (size_t n = 0; n < SMALL_END; n++) {
    int count = 10 + (int)(n % 7);
    for (int i = 0; i < count; i++) {
      void *p = must(i % 2 ? malloc(n) : calloc(1, n));
      b->allocs[class_of(n)]++;
      if (i < 4) {
        free(p);
        b->frees[class_of(n)]++;
      } else if (i < 4 + REMOTE)
        b->for_main[n][i - 4] = p;
    }
  }
  for (size_t n = SMALL_END; n < 4000; n += 100) {
    free(must(malloc(n)));
    b->large++;
  }
}

static void *make_in_thread(void *arg) {
  if (together)
    pthread_barrier_wait(&all_alive);
  make_known(arg);
  if (together)
    pthread_barrier_wait(&all_alive);
  return NULL;
}

/* Every third thread's objects stay alive. */
static void free_remotely(struct books *b) {
  for (size_t n = 0; n < SMALL_END; n++)
    for (int i = 0; i < REMOTE; i++) {
      free(b->for_main[n][i]);
      b->frees[class_of(n)]++;
      b->remote[class_of(n)]++;
    }
}

static void print_books(int count) {
  long allocs = 0, frees = 0, remote = 0, rounded = 0, large = 0;
  for (int c = 1; c < CLASSES; c++) {
    long a = 0, f = 0, r = 0;
    for (int t = 0; t < count; t++)
      a += books[t].allocs[c], f += books[t].frees[c], r += books[t].remote[c];
    SAY("class=%d allocs=%ld frees=%ld live=%ld remote_frees=%ld\n", 16 * c, a, f, a - f, r);
    allocs += a, frees += f, remote += r, rounded += (a - f) * 16 * c;
  }
  for (int t = 0; t < count; t++)
    large += books[t].large;
  SAY("allocs=%ld frees=%ld live=%ld requested_live_rounded=%ld remote_frees=%ld large=%ld\n",
      allocs, frees, allocs - frees, rounded, remote, large);
}

int main(int argc, char **argv) {
  watchdog(60);
  const char *mode = argc > 1 ? argv[1] : "one";
  long count = arg_long(argc, argv, 2, strcmp(mode, "one") == 0 ? 1 : 8);
  CHECK(count > 0 && count <= MAX_THREADS, "1 to %d expected, found %ld", MAX_THREADS, count);
  together = strcmp(mode, "together") == 0;
  if (strcmp(mode, "baseline") == 0)
    count = 0;
  else if (strcmp(mode, "one") == 0)
    for (long i = 0; i < count; i++)
      make_known(&books[i]);
  else {
    pthread_t threads[MAX_THREADS];
    pthread_barrier_init(&all_alive, NULL, (unsigned)count);
    for (long i = 0; i < count; i++) {
      threads[i] = thread_start(make_in_thread, &books[i]);
      if (!together)
        pthread_join(threads[i], NULL);
    }
    for (long i = 0; together && i < count; i++)
      pthread_join(threads[i], NULL);
    for (long i = 0; i < count; i++)
      if (i % 3)
        free_remotely(&books[i]);
  }
  print_books((int)count);
}
