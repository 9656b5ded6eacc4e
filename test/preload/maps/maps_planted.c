/* Mappings of known size at known places, for maps.bats: maps_planted CASE. */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <time.h>

enum { PAGE = 4096 };

/* clang-format off */
#define NOINLINE __attribute__((noinline))
NOINLINE void *map_cache(size_t bytes) {
  return hide(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}
NOINLINE void *map_unseen(size_t bytes) {
  return (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
NOINLINE void *attach_segment(int id) { return hide(shmat(id, NULL, 0)); }
NOINLINE void *move_break(long bytes) { return hide(sbrk(bytes)); }
NOINLINE void *move_cache(void *p, size_t old, size_t bytes) { return hide(mremap(p, old, bytes, MREMAP_MAYMOVE)); }
/* clang-format on */

/* Live at the end: map_cache 3 pages in 2 ranges, move_cache 7 pages, attach_segment 5, move_break
 * 10000 bytes. */
static void all_kinds(void) {
  char *cache = map_cache(4 * PAGE), *moved = map_cache(20 * PAGE);
  CHECK(munmap(cache + PAGE, PAGE) == 0, "munmap of a part");
  move_cache(moved, 20 * PAGE, 7 * PAGE);
  int id = shmget(IPC_PRIVATE, 5 * PAGE - 1, 0600);
  void *first = attach_segment(id), *second = attach_segment(id);
  CHECK(first != second && shmdt(first) == 0 && shmctl(id, IPC_RMID, NULL) == 0, "a segment");
  CHECK(move_break(12000) != (void *)-1 && sbrk(-2000) != (void *)-1, "the break");
  char *end = sbrk(0);
  CHECK(brk(end + 100) == 0 && brk(end) == 0, "brk there and back");
  CHECK(map_unseen(PAGE) != MAP_FAILED, "a system call");
}

/* Until its standard input ends; then the same again, and until it is killed. */
static void waits(void) {
  char c;
  all_kinds();
  SAY("ready\n");
  while (read(STDIN_FILENO, &c, 1) > 0)
    free(must(malloc(100)));
  for (int i = 0; i < 100000; i++)
    free(hide(must(malloc(100 + (size_t)i % 300))));
  all_kinds();
  SAY("again\n");
  pause();
}

/* A child has what its parent had, and goes its own way. */
static void forks(void) {
  char *kept = map_cache(10 * PAGE);
  pid_t child = fork();
  if (child == 0) {
    munmap(kept, 4 * PAGE);
    map_cache(PAGE);
    CHECK(arenashim_dump("child.dump") == 0, "the child's dump");
    _exit(0);
  }
  int status = 1;
  CHECK(waitpid(child, &status, 0) == child && status == 0, "the child's end: %d", status);
  CHECK(arenashim_dump("parent.dump") == 0, "the parent's dump");
}

/* Children that were forked while other threads map and unmap can do so, too, and at once: nobody
 * holds the books' lock in them. */
static void *maps_and_unmaps(void *unused) {
  (void)unused;
  for (;;)
    munmap(map_cache(PAGE), PAGE);
  return NULL;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void busy(void) {
  pthread_t thread;
  for (int i = 0; i < 3; i++)
    CHECK(pthread_create(&thread, NULL, maps_and_unmaps, NULL) == 0, "no thread");
  for (int i = 0; i < 300; i++) {
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
      double before = now();
      map_cache(PAGE);
      if (now() - before >
          0.1) /* it waited for the lock, or the machine is busy: maps.bats looks */
        arenashim_dump("slow.dump");
      _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0, "child %d: %d", i, status);
  }
}

/* Before all constructors, and perhaps before the process's first request. */
static void *early_map;
static void early(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "early") == 0)
    early_map = map_cache(3 * PAGE);
}
__attribute__((section(".preinit_array"), used)) static void (*const run_early)(int,
                                                                                char **) = early;

static void after_early(void) {
  CHECK(early_map != MAP_FAILED && munmap(early_map, PAGE) == 0, "an early mapping");
}

/* 1,000,000 pairs, or the number given: what they cost. */
static void pairs(long count) {
  for (long i = 0; i < count; i++) {
    void *p = map_cache(PAGE);
    if (p == MAP_FAILED || munmap(p, PAGE) != 0)
      FAIL("pair %ld, errno %d", i, errno);
  }
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "kinds") == 0)
    all_kinds();
  else if (strcmp(what, "killed") == 0) {
    all_kinds();
    raise(SIGKILL);
  } else if (strcmp(what, "waits") == 0)
    waits();
  else if (strcmp(what, "forks") == 0)
    forks();
  else if (strcmp(what, "busy") == 0)
    busy();
  else if (strcmp(what, "early") == 0)
    after_early();
  else if (strcmp(what, "pairs") == 0)
    pairs(arg_long(argc, argv, 2, 1000000));
  else
    FAIL("usage: maps_planted kinds|killed|waits|forks|busy|early|pairs [COUNT]");
  return 7;
}
