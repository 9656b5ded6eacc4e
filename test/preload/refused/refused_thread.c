/* Address space runs out (RLIMIT_AS) while a thread makes its first large requests. Later there is
 * some: the thread must be served, past jemalloc's events, and so must others. */
#include "../check.h"
#include <sys/resource.h>

enum { REQUESTS = 20, PAIRS = 20000 };

static pthread_barrier_t turn;

static void take_turn(void) { pthread_barrier_wait(&turn); }

static void pairs(void) {
  for (size_t i = 0; i < PAIRS; i++) {
    size_t n = 5000 + i % 30000;
    char *p = must(malloc(n));
    stamp(p, 64, n);
    CHECK_STAMP(p, 64, n);
    free(p);
  }
}

static void refused_requests(void) {
  void *p[REQUESTS];
  for (int i = 0; i < REQUESTS; i++) {
    errno = 0;
    p[i] = i % 2 ? malloc(5000) : malloc(100 << 20);
    CHECK(p[i] || errno == ENOMEM, "a refusal expected to set ENOMEM, found %d", errno);
  }
  for (int i = 0; i < REQUESTS; i++)
    free(p[i]);
}

static void *run(void *unused) {
  take_turn(); /* it runs */
  take_turn(); /* the limit is set */
  refused_requests();
  take_turn();
  take_turn(); /* the limit is gone */
  pairs();
  return unused;
}

static void limit(rlim_t bytes) {
  struct rlimit l;
  CHECK(getrlimit(RLIMIT_AS, &l) == 0, "getrlimit expected to work, errno %d", errno);
  l.rlim_cur = bytes;
  CHECK(setrlimit(RLIMIT_AS, &l) == 0, "setrlimit expected to work, errno %d", errno);
}

static void *late(void *unused) {
  pairs();
  return unused;
}

int main(void) {
  pthread_t thread, another;
  watchdog(60);
  pthread_barrier_init(&turn, NULL, 2);
  free(must(malloc(5000)));
  CHECK(pthread_create(&thread, NULL, run, NULL) == 0, "a thread expected, errno %d", errno);
  take_turn();
  limit(1 << 20);
  take_turn();
  take_turn();
  limit(RLIM_INFINITY);
  take_turn();
  pthread_join(thread, NULL);
  CHECK(pthread_create(&another, NULL, late, NULL) == 0, "a thread expected, errno %d", errno);
  pairs();
  pthread_join(another, NULL);
  SAY("ok\n");
}
