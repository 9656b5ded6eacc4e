/* A process whose live bytes follow a curve that it writes down itself: `seconds bytes` a line, as it goes.
 *
 *   timeline_curve MS [wait | kill | fork]
 *
 * Two call sites take turns: one grows for half of the time, then falls while the other grows. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int arenashim_mark(const char *name) __attribute__((weak));

enum { OBJECTS = 1 << 16, SMALL = 200, LARGE = 3000 };
static void *first[OBJECTS], *second[OBJECTS];
static unsigned firsts, seconds;
static uint64_t bytes;
static FILE *log_to;
static struct timespec start;

static double elapsed(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
}

static void note(void) { fprintf(log_to, "%.6f %llu\n", elapsed(), (unsigned long long)bytes); }

__attribute__((noinline)) static void grow_first(void) {
  first[firsts++] = malloc(SMALL);
  bytes += SMALL;
}

__attribute__((noinline)) static void grow_second(void) {
  second[seconds++] = malloc(LARGE);
  bytes += LARGE;
}

static void shrink_first(void) {
  if (firsts > 0) {
    free(first[--firsts]);
    bytes -= SMALL;
  }
}

/* So that slow paths are taken, in which moments are: what it allocates is freed at once. */
static void churn(void) {
  void *p[64];
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < 64; i++)
      p[i] = malloc(48);
    for (int i = 0; i < 64; i++)
      free(p[i]);
  }
}

static void mark(const char *name) {
  if (arenashim_mark != NULL && arenashim_mark(name) != 0)
    abort();
}

static void step(int i, int half) {
  usleep(1000);
  if (i < half) {
    for (int k = 0; k < 20; k++)
      grow_first();
  } else {
    for (int k = 0; k < 10; k++)
      shrink_first();
    grow_second();
  }
  churn();
  note();
}

static void run(int ms) {
  mark("first");
  for (int i = 0; i < ms; i++) {
    if (i == ms / 2)
      mark("second");
    step(i, ms / 2);
  }
}

int main(int count, char **arguments) {
  clock_gettime(CLOCK_MONOTONIC, &start);
  int ms = count > 1 ? atoi(arguments[1]) : 500;
  const char *end = count > 2 ? arguments[2] : "";
  char name[32];
  log_to = stdout;
  static char buffer[1 << 16];
  setvbuf(log_to, buffer, _IOFBF, sizeof buffer);
  run(ms);
  fflush(log_to);
  if (strcmp(end, "fork") == 0 && fork() == 0) {
    snprintf(name, sizeof name, "child");
    mark(name);
    return 0;
  }
  if (strcmp(end, "fork") == 0)
    wait(NULL);
  if (strcmp(end, "wait") == 0)
    pause();
  if (strcmp(end, "kill") == 0)
    raise(SIGKILL);
  return 0;
}
