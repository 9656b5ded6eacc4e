/* Lives through attach and detach, and keeps books of its own: toggled BOOKS THREADS.
 *
 * Threads take objects of 400..511 bytes, and of 600..5000, put them into slots that all threads
 * share, and free or reallocate what they find there, which is often another thread's.  Some large
 * ones were there before, and stay.  Now and then one forks, opens and closes a library, or ends and begins again.  BOOKS is a file that
 * toggles.py shares: it asks the threads to pause, the main thread for a dump when they do, and at
 * last for the end, before which all objects are freed. */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <time.h>

enum { THREADS_MAX = 16, SLOTS = 4096, SMALL_LEAST = 400, SMALL_SPREAD = 112 };
enum { KEPT = 1000 }; /* large objects that live from the start to the end */
enum { LARGE_LEAST = 600, LARGE_SPREAD = 4400, OBJECT_SMALL = 1, OBJECT_LARGE = 2 };
enum { RUN = 0, PAUSE = 1, EMPTY = 2, END = 3 };

/* By kind of object: live ones of each thread's doing, which may be below 0. */
struct books {
  _Alignas(64) _Atomic int64_t small;
  _Atomic int64_t large, forks, opens, ends, rounds;
};
struct shared {
  _Atomic uint64_t command; /* of toggles.py */
  _Atomic uint64_t dump;    /* as many dumps are wanted */
  _Atomic uint64_t paused, dumped, emptied;
  struct books books[THREADS_MAX];
};
static struct shared *shared;
static const char *dump_name;

struct object {
  size_t bytes;
};
static _Atomic(struct object *) slot[SLOTS];

/* The call sites that the test looks for. */
__attribute__((noinline)) static struct object *take_small(size_t n) { return must(malloc(n)); }
__attribute__((noinline)) static struct object *take_large(size_t n) { return must(malloc(n)); }
__attribute__((noinline)) static struct object *size_small(struct object *o, size_t n) {
  return must(realloc(o, n));
}
__attribute__((noinline)) static struct object *size_large(struct object *o, size_t n) {
  return must(realloc(o, n));
}

static void count(struct books *mine, size_t n, int by) {
  atomic_fetch_add(n > 511 ? &mine->large : &mine->small, by);
}

static struct object *take(struct books *mine, uint64_t *rng) {
  bool large = rng_below(rng, 8) == 0;
  size_t n = large ? LARGE_LEAST + rng_below(rng, LARGE_SPREAD)
                   : SMALL_LEAST + rng_below(rng, SMALL_SPREAD);
  struct object *o = large ? take_large(n) : take_small(n);
  o->bytes = n;
  count(mine, n, 1);
  return o;
}

static void give(struct books *mine, struct object *o) {
  size_t n = o->bytes;
  free(o);
  count(mine, n, -1);
}

/* In its place or in another; small stays small, large stays large. */
static struct object *resize(uint64_t *rng, struct object *o) {
  bool large = o->bytes > 511;
  size_t n = large ? LARGE_LEAST + rng_below(rng, LARGE_SPREAD)
                   : SMALL_LEAST + rng_below(rng, SMALL_SPREAD);
  o = (large ? size_large : size_small)(o, n);
  o->bytes = n;
  return o;
}

static void step(struct books *mine, uint64_t *rng) {
  _Atomic(struct object *) *at = &slot[rng_below(rng, SLOTS)];
  struct object *old = atomic_exchange(at, NULL);
  if (old != NULL && rng_below(rng, 4) == 0)
    old = atomic_exchange(at, resize(rng, old));
  if (old != NULL)
    give(mine, old);
  old = atomic_exchange(at, take(mine, rng));
  if (old != NULL)
    give(mine, old);
}

/* The child works as well, for a moment; its books are nobody's. */
static void fork_once(struct books *mine, uint64_t *rng) {
  static struct books childs;
  pid_t pid = fork();
  CHECK(pid >= 0, "fork expected to succeed, errno %d", errno);
  if (pid == 0) {
    for (int i = 0; i < 200; i++)
      step(&childs, rng);
    _exit(0);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status 0 expected, found %d", status);
  atomic_fetch_add(&mine->forks, 1);
}

static void open_once(struct books *mine) {
  void *library = dlopen("libz.so.1", RTLD_NOW);
  CHECK(library != NULL, "libz.so.1 expected: %s", dlerror());
  dlclose(library);
  atomic_fetch_add(&mine->opens, 1);
}

static void empty(struct books *mine) {
  for (unsigned i = 0; i < SLOTS; i++) {
    struct object *o = atomic_exchange(&slot[i], NULL);
    if (o != NULL)
      give(mine, o);
  }
}

/* All threads pause before they are asked to free what is in the slots. */
static void pause_here(struct books *mine) {
  bool emptied = false;
  atomic_fetch_add(&shared->paused, 1);
  while (atomic_load(&shared->command) == PAUSE || atomic_load(&shared->command) == EMPTY) {
    if (atomic_load(&shared->command) == EMPTY && !emptied) {
      empty(mine);
      atomic_fetch_add(&shared->emptied, 1);
      emptied = true;
    }
    usleep(500);
  }
  if (emptied)
    atomic_fetch_sub(&shared->emptied, 1);
  atomic_fetch_sub(&shared->paused, 1);
}

static void *work(void *number) {
  struct books *mine = &shared->books[(uintptr_t)number];
  uint64_t rng = (uintptr_t)number + (uint64_t)atomic_load(&mine->ends) * 100 + 1;
  while (atomic_load(&shared->command) != END) {
    if (atomic_load(&shared->command) != RUN)
      pause_here(mine);
    for (int i = 0; i < 200; i++)
      step(mine, &rng);
    atomic_fetch_add(&mine->rounds, 1);
    size_t what = rng_below(&rng, 2000);
    if (what < 2)
      fork_once(mine, &rng);
    else if (what < 12)
      open_once(mine);
    else if (what < 22 && atomic_load(&shared->command) == RUN)
      break;
  }
  atomic_fetch_add(&mine->ends, 1);
  return NULL;
}

/* So that the main thread takes slow paths, too. */
static void churn(void) {
  void *p[300];
  for (unsigned i = 0; i < 300; i++)
    p[i] = must(malloc(100));
  for (unsigned i = 0; i < 300; i++)
    free(p[i]);
}

static void *kept[KEPT];
static void keep(struct books *mine) {
  for (unsigned i = 0; i < KEPT; i++)
    kept[i] = must(malloc(LARGE_LEAST));
  atomic_fetch_add(&mine->large, KEPT);
}

static void write_dump(void) {
  CHECK(arenashim_dump(dump_name) == 0, "a dump expected, errno %d", errno);
  atomic_fetch_add(&shared->dumped, 1);
}

static void *begin_again(void *number) {
  while (atomic_load(&shared->command) != END) {
    pthread_t t;
    CHECK(pthread_create(&t, NULL, work, number) == 0, "a thread expected");
    while (pthread_tryjoin_np(t, NULL) != 0) {
      churn();
      usleep(5000);
    }
  }
  return NULL;
}

int main(int argc, char **argv) {
  CHECK(argc == 3, "two arguments expected, found %d", argc - 1);
  uintptr_t threads = (uintptr_t)arg_long(argc, argv, 2, 1);
  static char name[4096];
  snprintf(name, sizeof name, "%s.%%n.dump", argv[1]);
  dump_name = name;
  int fd = open(argv[1], O_RDWR | O_CREAT, 0600);
  CHECK(fd >= 0 && threads <= THREADS_MAX && ftruncate(fd, sizeof *shared) == 0,
        "books expected, errno %d", errno);
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(shared != MAP_FAILED, "mmap expected to succeed, errno %d", errno);
  watchdog(600);
  keep(&shared->books[0]);
  pthread_t keeper[THREADS_MAX];
  for (uintptr_t i = 0; i < threads; i++)
    CHECK(pthread_create(&keeper[i], NULL, begin_again, (void *)i) == 0, "a thread expected");
  while (atomic_load(&shared->command) != END) {
    churn();
    if (atomic_load(&shared->dump) != atomic_load(&shared->dumped))
      write_dump();
    usleep(200);
  }
  for (uintptr_t i = 0; i < threads; i++)
    pthread_join(keeper[i], NULL);
  empty(&shared->books[0]);
  return 0;
}
