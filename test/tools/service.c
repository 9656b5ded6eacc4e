/* A service for stories.bats: it answers a request a millisecond, and never forgets a session.
 *
 *   SIGUSR1   loads a report, which is 24 MiB; the next one drops it
 *   SIGUSR2   loads one report after the other, until somebody kills it
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SESSION = 2000, PARTS = 24, PART = 1 << 20 };

static volatile sig_atomic_t asked, starving;
static void **sessions;
static size_t n_sessions;
static void *report[PARTS];

static void *must(void *p) {
  if (p == NULL)
    abort();
  return p;
}

static void nap(long ns) { nanosleep(&(struct timespec){.tv_nsec = ns}, NULL); }

__attribute__((noinline)) static void answer(void) {
  for (size_t i = 1; i <= 50; i++) {
    char *volatile text = must(malloc(16 * i));
    free(text);
  }
}

__attribute__((noinline)) static void *new_session(void) {
  return memset(must(malloc(SESSION)), 1, SESSION);
}

static void remember_session(void) {
  if ((n_sessions & (n_sessions - 1)) == 0)
    sessions = must(realloc(sessions, (n_sessions + 1) * 2 * sizeof *sessions));
  sessions[n_sessions++] = new_session();
}

__attribute__((noinline)) static void load_report(void) {
  for (int i = 0; i < PARTS; i++)
    report[i] = memset(must(malloc(PART)), 1, PART);
}

static void drop_report(void) {
  for (int i = 0; i < PARTS; i++) {
    free(report[i]);
    report[i] = NULL;
  }
}

static void ask(int signal) {
  if (signal == SIGUSR1)
    asked = 1;
  else
    starving = 1;
}

int main(void) {
  signal(SIGUSR1, ask);
  signal(SIGUSR2, ask);
  puts("ready");
  fflush(stdout);
  for (;;) {
    answer();
    remember_session();
    if (asked && report[0] == NULL)
      load_report();
    else if (asked)
      drop_report();
    asked = 0;
    if (starving)
      load_report();
    nap(1000000);
  }
}
