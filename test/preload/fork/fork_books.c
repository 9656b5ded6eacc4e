/* Forks beside threads that take and free many objects at a time: fork_books [FORKS = 8].
 * Each child frees all that the threads have in their lists and leaves by exit, with a report: of
 * the objects of take_small and take_large an arena has at most the one that its thread had just
 * taken or not freed yet.  Prints the parent's number. */
#include "../check.h"
#include <stdatomic.h>

enum { THREADS = 3, SMALL = 3000, LARGE = 60 };

struct pile {
  void *objects[SMALL + LARGE];
  _Atomic unsigned count;
};

static struct pile piles[THREADS];
static _Atomic unsigned started;

__attribute__((noinline)) static void *take_small(size_t n) { return must(malloc(n)); }
__attribute__((noinline)) static void *take_large(size_t n) { return must(malloc(n)); }

static void clear(struct pile *p) {
  for (unsigned n = p->count; n > 0; free(p->objects[n]))
    p->count = --n;
}

static void *work(void *number) {
  struct pile *p = &piles[(uintptr_t)number];
  for (unsigned turn = 0;; turn++) { /* large ones wait for a fork: seldom */
    for (unsigned i = 0; i < SMALL + (turn % 64 == 0 ? LARGE : 0); i++) {
      p->objects[i] = i < SMALL ? take_small(1 + i % 500) : take_large(20000 + i);
      p->count = i + 1;
    }
    clear(p);
    if (turn == 0)
      atomic_fetch_add(&started, 1);
  }
  return NULL;
}

static void be_child(void) {
  watchdog(20);
  for (unsigned i = 0; i < THREADS; i++)
    clear(&piles[i]);
  exit(0);
}

int main(int argc, char **argv) {
  watchdog(60);
  for (uintptr_t i = 0; i < THREADS; i++)
    thread_start(work, (void *)i);
  while (started < THREADS)
    usleep(1000);
  for (long i = arg_long(argc, argv, 1, 8); i > 0; i--) {
    usleep(3000);
    pid_t pid = fork();
    CHECK(pid >= 0, "fork expected a pid, found errno %d", errno);
    if (pid == 0)
      be_child();
    wait_ok(pid);
  }
  SAY("%d", getpid());
  _exit(0);
}
