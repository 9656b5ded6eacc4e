/* Threads' stacks, for maps.bats: as many bytes as the threads themselves find.
 *
 *   maps_threads lives|forks|late|tiny
 *
 * Writes dumps, and for each "NAME: FUNCTION LIVE RANGES CALLS" of the functions here that it should
 * have. */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"
#include <sys/mman.h>

enum { PAGE = 4096, ENDED = 100, LATE = 80 };

static _Atomic long stack_bytes;
static _Atomic int begun, may_end;

/* Its stack and guard, in whole pages. */
static long own_stack(void) {
  pthread_attr_t a;
  void *low;
  size_t bytes, guard;
  CHECK(pthread_getattr_np(pthread_self(), &a) == 0, "attributes");
  pthread_attr_getstack(&a, &low, &bytes);
  pthread_attr_getguardsize(&a, &guard);
  pthread_attr_destroy(&a);
  return (long)((bytes + guard + PAGE - 1) / PAGE * PAGE);
}

static void *lives(void *unused) {
  (void)unused;
  stack_bytes += own_stack();
  begun++;
  while (!may_end)
    usleep(1000);
  return NULL;
}

/* Some that asked for memory, and some that never did. */
static void *ends(void *p) {
  if (p != NULL)
    free(must(malloc(10)));
  return p;
}

/* clang-format off */
#define NOINLINE __attribute__((noinline))
NOINLINE static void *map_cache(size_t bytes) {
  return hide(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}
#define MAKER(name)                                                                                   \
  NOINLINE static pthread_t name(const pthread_attr_t *a, void *(*start)(void *), void *argument) {   \
    pthread_t t;                                                                                      \
    int error = pthread_create(&t, a, start, argument);                                               \
    CHECK(error == 0, "pthread_create: %d", error);                                                   \
    return t;                                                                                         \
  }
MAKER(make_thread)
MAKER(make_again)
/* clang-format on */

static void wait_until_begun(int threads) {
  while (begun < threads)
    usleep(1000);
}

static void end_some(const pthread_attr_t *small) {
  void *of_ended;
  for (int i = 0; i < ENDED; i++) /* their stacks are libc's again, or the next thread's */
    pthread_join(make_thread(i % 2 ? small : NULL, ends, i % 3 ? &begun : NULL), &of_ended);
}

static void several(void) {
  pthread_attr_t small, odd, own, huge;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 256 << 10);
  pthread_attr_init(&odd);
  pthread_attr_setstacksize(&odd, 100000);
  pthread_attr_init(&own);
  pthread_attr_setstack(&own, map_cache(64 * PAGE), 64 * PAGE);
  make_thread(NULL, lives, NULL);
  make_thread(&odd, lives, NULL);
  make_thread(&small, lives, NULL);
  end_some(&small);
  wait_until_begun(3);
  long first = stack_bytes;
  make_again(NULL, lives, NULL); /* in a stack that one of make_thread's had */
  make_again(&small, lives, NULL);
  wait_until_begun(5);
  long again = stack_bytes - first;
  make_thread(&own, lives, NULL);
  wait_until_begun(6);
  end_some(&small);
  pthread_t t;
  pthread_attr_init(&huge);
  pthread_attr_setstacksize(&huge, (size_t)1 << 45);
  CHECK(pthread_create(&t, &huge, lives, NULL) == EAGAIN, "a stack of 32 TiB");
  CHECK(arenashim_dump("threads.dump") == 0, "a dump");
  SAY("threads: make_again %ld 2 2\nthreads: make_thread %ld 3 %d\nthreads: map_cache %d 1 1\n",
      again, first, 3 + 2 * ENDED, 64 * PAGE);
  may_end = 1;
}

/* ---- forks: of its parent's threads a child has the one that forked ---- */

static void end_of_child(pid_t child) {
  int status = 1;
  CHECK(waitpid(child, &status, 0) == child && status == 0, "the child's end: %d", status);
}

static void *forks_here(void *unused) {
  (void)unused;
  pid_t child = fork();
  if (child == 0) {
    CHECK(arenashim_dump("thread.dump") == 0, "a dump");
    SAY("thread: make_again %ld 1 1\n", own_stack());
    _exit(0);
  }
  end_of_child(child);
  return NULL;
}

static void forks(void) {
  for (int i = 0; i < 3; i++)
    make_thread(NULL, lives, NULL);
  wait_until_begun(3);
  pthread_join(make_again(NULL, forks_here, NULL), NULL);
  pid_t child = fork();
  if (child == 0) {
    pthread_join(make_thread(NULL, ends, NULL), NULL);
    CHECK(arenashim_dump("main.dump") == 0, "a dump");
    SAY("main: make_thread 0 0 1\n");
    _exit(0);
  }
  end_of_child(child);
  CHECK(arenashim_dump("parent.dump") == 0, "a dump");
  SAY("parent: make_again 0 0 1\nparent: make_thread %ld 3 3\n", (long)stack_bytes);
  may_end = 1;
}

/* Threads that have not begun when this thread forks, more than there are cells (mapped_threads.c):
 * maps.bats has a library beneath the shim that does not make the first of them. */
static void late(void) {
  for (int i = 0; i < LATE; i++)
    make_thread(NULL, ends, NULL);
  pid_t child = fork();
  if (child == 0) {
    pthread_join(make_again(NULL, ends, NULL), NULL);
    CHECK(arenashim_dump("late.dump") == 0, "a dump");
    SAY("late: make_again 0 0 1\n");
    _exit(0);
  }
  end_of_child(child);
}

/* ---- the smallest stack that there is: the books' calls fit ---- */

static void *maps_here(void *unused) {
  (void)unused;
  char *p = map_cache(9 * PAGE);
  CHECK(p != MAP_FAILED && munmap(p + PAGE, PAGE) == 0, "a mapping");
  CHECK(mremap(p + 2 * PAGE, 7 * PAGE, 3 * PAGE, 0) == p + 2 * PAGE, "a smaller one");
  return NULL;
}

static void tiny(void) {
  pthread_attr_t least;
  pthread_attr_init(&least);
  pthread_attr_setstacksize(&least, PTHREAD_STACK_MIN);
  for (int i = 0; i < 20; i++)
    pthread_join(make_thread(&least, maps_here, NULL), NULL);
  CHECK(arenashim_dump("tiny.dump") == 0, "a dump");
  SAY("tiny: make_thread 0 0 20\ntiny: maps_here %d 20 20\ntiny: map_cache %d 20 20\n",
      20 * 3 * PAGE, 20 * PAGE);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "lives") == 0)
    several();
  else if (strcmp(what, "forks") == 0)
    forks();
  else if (strcmp(what, "late") == 0)
    late();
  else if (strcmp(what, "tiny") == 0)
    tiny();
  else
    FAIL("usage: maps_threads lives|forks|late|tiny");
  return 7;
}
