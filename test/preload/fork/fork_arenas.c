/* The child of a fork takes over the arenas of threads that are gone: fork_arenas [THREADS = 50].
 * Four threads allocate and sleep; the child runs THREADS short threads, one after the other, and
 * exits. Its report must count the main arena and the four, none of them in use, and what the four
 * left alive: one thread at a time needs no further arena. The parent leaves without a report. */
#include "../check.h"

enum { SLEEPERS = 4, OBJECTS = 1000 };

static pthread_barrier_t all_allocated;

static void *allocate_and_sleep(void *arg) {
  for (size_t i = 0; i < OBJECTS; i++)
    must(malloc(i % 512));
  pthread_barrier_wait(&all_allocated);
  for (;;)
    pause();
  return arg;
}

static void *live_shortly(void *arg) {
  void *held[OBJECTS];
  for (size_t i = 0; i < OBJECTS; i++)
    held[i] = must(malloc(i % 512));
  for (size_t i = 0; i < OBJECTS; i++)
    free(held[i]);
  return arg;
}

static void be_child(long threads) {
  watchdog(20);
  for (long i = 0; i < threads; i++)
    pthread_join(thread_start(live_shortly, NULL), NULL);
  exit(0);
}

int main(int argc, char **argv) {
  watchdog(30);
  pthread_barrier_init(&all_allocated, NULL, SLEEPERS + 1);
  for (int i = 0; i < SLEEPERS; i++)
    thread_start(allocate_and_sleep, NULL);
  pthread_barrier_wait(&all_allocated);
  pid_t pid = fork();
  CHECK(pid >= 0, "fork expected a pid, found errno %d", errno);
  if (pid == 0)
    be_child(arg_long(argc, argv, 1, 50));
  wait_ok(pid);
  _exit(0);
}
