/* Forks inside a signal handler that interrupted a request to jemalloc: fork_bare [FORKS = 200
 * [THREADS = 0]]. Meant for ARENASHIM_DISABLE=1, where threads have no arena. A fork must not wait
 * for the very thread that makes it. Children leave at once, or return into the interrupted call
 * and go on; others of THREADS allocate meanwhile. */
#include "../check.h"
#include <stdatomic.h>
#include <time.h>

enum { SLOTS = 64, SLOW_MS = 900, SLOW_ALLOWED = 3 };

static char *slots[SLOTS];
static uint64_t rng = 7;
static volatile long forked, wanted, slow;
static volatile int pairs_left = -1; /* counts down in a child that went on */
static timer_t timer;

static void arm(void) {
  struct itimerspec when = {.it_value.tv_nsec = 5000 + (long)rng_below(&rng, 100000)};
  timer_settime(timer, 0, &when, NULL);
}

static long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void interrupted(int sig) {
  (void)sig;
  int saved = errno;
  if (forked >= wanted)
    return;
  long before = now_ms();
  pid_t pid = fork();
  CHECK(pid >= 0, "fork %ld in a handler expected a pid, found errno %d", forked, errno);
  if (pid == 0) {
    watchdog(20);
    if (forked % 2 == 0)
      _exit(0);
    pairs_left = 200; /* timers are not inherited: the child goes on undisturbed */
    errno = saved;
    return;
  }
  slow += now_ms() - before > SLOW_MS;
  wait_ok(pid);
  forked++;
  arm();
  errno = saved;
}

static void churn_one(void) {
  size_t i = rng_below(&rng, SLOTS);
  char *old = slots[i];
  slots[i] = NULL;
  free(old);
  size_t n = 512 + rng_below(&rng, i % 8 == 0 ? 200000 : 5000);
  slots[i] = must(malloc(n));
  slots[i][0] = slots[i][n - 1] = 'x';
}

static void *stay_busy(void *arg) {
  (void)arg;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPROF);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  for (;;)
    free(must(malloc(3000)));
  return NULL;
}

int main(int argc, char **argv) {
  wanted = arg_long(argc, argv, 1, 200);
  watchdog(100);
  for (long i = arg_long(argc, argv, 2, 0); i > 0; i--)
    thread_start(stay_busy, NULL);
  struct sigaction action = {.sa_handler = interrupted, .sa_flags = SA_RESTART};
  sigaction(SIGPROF, &action, NULL);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create expected 0, errno %d",
        errno);
  arm();
  while (pairs_left != 0 && forked < wanted) {
    churn_one();
    if (pairs_left > 0)
      pairs_left--;
  }
  /* The child too must be able to fork again, and not to wait for a thread that has gone. */
  if (pairs_left == 0) {
    long before = now_ms();
    pid_t pid = fork();
    if (pid == 0)
      _exit(0);
    wait_ok(pid);
    CHECK(now_ms() - before < SLOW_MS, "a fork in the child took %ld ms", now_ms() - before);
  }
  CHECK(slow <= SLOW_ALLOWED, "forks within %d ms expected, found %ld slower", SLOW_MS, slow);
  return 0;
}
