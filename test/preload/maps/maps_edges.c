/* Calls of mmap and its family at the edges of what they do, for maps.bats.
 *
 *   maps_edges ranges   keeps what the last lines say: "FUNCTION LIVE RANGES CALLS"
 *   maps_edges errors   calls that fail, and some that don't: result and errno of each, the same
 *                       whoever is in between
 *   maps_edges exec     maps, and then executes itself: `ranges` */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"
#include <stdbool.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };

static char *base; /* addresses where nothing else lies, 1,000 pages; as much for each part */
static char *at(int page) { return base + page * (long)PAGE; }

/* clang-format off */
#define NOINLINE __attribute__((noinline))
#define MAPPER(name)                                                                                  \
  NOINLINE static void *name(char *where, int pages, int protection, int flags, int fd) {             \
    return hide(mmap(where, (size_t)pages * PAGE, protection, flags | MAP_FIXED, fd, 0)); }
MAPPER(low_half) MAPPER(high_half) MAPPER(over_halves)
MAPPER(first_of_three) MAPPER(second_of_three) MAPPER(third_of_three)
MAPPER(below_target) MAPPER(above_target) MAPPER(moved)
MAPPER(kept_by_move) MAPPER(replaced_by_move) MAPPER(shared_twice)
MAPPER(within_segment) MAPPER(protected_later) MAPPER(shuffled) MAPPER(halved_by_child) MAPPER(not_replaced)
#define MOVER(name)                                                                                   \
  NOINLINE static void *name(char *p, int old, int pages, int flags, char *to) {                      \
    return hide(mremap(p, (size_t)old * PAGE, (size_t)pages * PAGE, flags, to)); }
MOVER(move_over) MOVER(move_and_keep) MOVER(move_twin)
NOINLINE static void *attach_parted(int id, char *where) { return hide(shmat(id, where, 0)); }
NOINLINE static void *grow_break(long bytes) { return hide(sbrk(bytes)); }
/* clang-format on */

static void expect(const char *name, int pages, int ranges, int calls) {
  SAY("%s %d %d %d\n", name, pages * PAGE, ranges, calls);
}

static void fixed(void) {
  low_half(at(0), 8, RW, ANONYMOUS, -1);
  high_half(at(8), 8, RW, ANONYMOUS, -1);
  over_halves(at(4), 8, PROT_READ, ANONYMOUS, -1);
  expect("low_half", 4, 1, 1);
  expect("high_half", 4, 1, 1);
  expect("over_halves", 8, 1, 1);
  not_replaced(at(20), 3, RW, ANONYMOUS, -1);
  CHECK(mmap(at(18), 9 * PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
            errno == EEXIST,
        "over something: %d", errno);
  CHECK(mmap(at(21), PAGE, RW, MAP_PRIVATE | MAP_FIXED, 9999, 0) == MAP_FAILED, "no file");
  expect("not_replaced", 3, 1, 1);
}

static void unmapped(void) {
  first_of_three(at(30), 4, RW, ANONYMOUS, -1);
  second_of_three(at(34), 4, RW, ANONYMOUS, -1);
  third_of_three(at(40), 4, RW, ANONYMOUS, -1);
  CHECK(munmap(at(32), 10 * PAGE - 7) == 0, "munmap of three, and of a hole");
  expect("first_of_three", 2, 1, 1);
  expect("second_of_three", 0, 0, 1);
  expect("third_of_three", 2, 1, 1);
}

static void moves(void) {
  below_target(at(50), 8, RW, ANONYMOUS, -1);
  above_target(at(58), 8, RW, ANONYMOUS, -1);
  moved(at(70), 8, RW, ANONYMOUS, -1);
  CHECK(move_over(at(70), 8, 6, MREMAP_MAYMOVE | MREMAP_FIXED, at(55)) == at(55), "mremap");
  expect("below_target", 5, 1, 1);
  expect("above_target", 5, 1, 1);
  expect("moved", 0, 0, 1);
  expect("move_over", 6, 1, 1);
  kept_by_move(at(80), 4, RW, ANONYMOUS, -1);
  replaced_by_move(at(90), 5, RW, ANONYMOUS, -1);
  CHECK(move_and_keep(at(80), 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at(90)) ==
            at(90),
        "a move that keeps");
  expect("kept_by_move", 4, 1, 1);
  expect("replaced_by_move", 1, 1, 1);
  expect("move_and_keep", 4, 1, 1);
  shared_twice(at(100), 2, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
  CHECK(move_twin(at(100), 0, 2, MREMAP_MAYMOVE | MREMAP_FIXED, at(110)) == at(110), "a twin");
  *at(100) = 'x';
  CHECK(*at(110) == 'x', "no twin");
  expect("shared_twice", 2, 1, 1);
  expect("move_twin", 2, 1, 1);
}

static void segments(void) {
  int id = shmget(IPC_PRIVATE, 8 * PAGE, 0600);
  CHECK(attach_parted(id, at(120)) == at(120), "a segment");
  shmctl(id, IPC_RMID, NULL);
  within_segment(at(122), 3, RW, ANONYMOUS, -1);
  CHECK(munmap(at(127), PAGE) == 0 && shmdt(at(120)) == 0, "shmdt of parts");
  expect("attach_parted", 0, 0, 1);
  expect("within_segment", 3, 1, 1);
}

static void breaks(void) {
  char *p = grow_break(9 * PAGE);
  CHECK(brk(p + 5 * PAGE) == 0 && sbrk(-2 * PAGE) == p + 5 * PAGE, "a smaller break");
  CHECK(brk((void *)PAGE) == 0 && sbrk(0) == p + 3 * PAGE, "brk below the program's data");
  CHECK(sbrk(PAGE - (intptr_t)p) == p + 3 * PAGE && sbrk(0) == p + 3 * PAGE, "sbrk as low");
  CHECK(sbrk(INTPTR_MIN) == (void *)-1, "sbrk below zero");
  expect("grow_break", 3, 1, 1);
}

static void others(void) {
  int file = open("edges.file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  CHECK(file >= 0 && ftruncate(file, 9 * PAGE) == 0, "no file");
  protected_later(at(130), 2, PROT_NONE, ANONYMOUS, -1);
  CHECK(mprotect(at(130), PAGE, RW) == 0, "mprotect");
  expect("protected_later", 2, 1, 1);
  shuffled(at(140), 4, RW, MAP_SHARED, file);
  CHECK(remap_file_pages(at(140), PAGE, 0, 2, 0) == 0, "remap_file_pages");
  expect("shuffled", 4, 1, 1);
  halved_by_child(at(150), 4, RW, ANONYMOUS, -1);
  pid_t child = vfork(); /* in its parent's memory */
  if (child == 0) {
    munmap(at(150), 2 * PAGE);
    _exit(0);
  }
  CHECK(child > 0 && waitpid(child, NULL, 0) == child, "vfork");
  expect("halved_by_child", 2, 1, 1);
}

static void ranges(void) {
  base = (char *)0x180000000000;
  fixed();
  unmapped();
  moves();
  segments();
  breaks();
  others();
}

/* ---- results ---- */

static const char *line;
static void says(long result, bool is_address) {
  if (is_address && result != -1)
    result = 0;
  SAY("%s: %ld, errno %d\n", line, result, errno);
  errno = 99;
}
#define NUMBER(call)  (errno = 99, line = #call, says((long)(call), false))
#define ADDRESS(call) (errno = 99, line = #call, says((long)(call), true))

static void mmap_errors(char *p, int writable_only, int directory) {
  ADDRESS(mmap(NULL, 0, RW, ANONYMOUS, -1, 0));
  ADDRESS(mmap(NULL, PAGE, RW, ANONYMOUS, -1, 0));
  ADDRESS(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));
  ADDRESS(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0));
  ADDRESS(mmap(NULL, PAGE, RW, ANONYMOUS, -1, 1));
  ADDRESS(mmap64(NULL, PAGE, RW, MAP_PRIVATE, writable_only, PAGE - 1));
  ADDRESS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writable_only, 0));
  ADDRESS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, directory, 0));
  ADDRESS(mmap(NULL, SIZE_MAX, RW, ANONYMOUS, -1, 0));
  ADDRESS(mmap(NULL, PTRDIFF_MAX, RW, ANONYMOUS, -1, 0));
  ADDRESS(mmap(p + 1, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
  ADDRESS(mmap(p + 1, PAGE, RW, ANONYMOUS, -1, 0));
  ADDRESS(mmap(p, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
  ADDRESS(mmap((void *)-PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
  ADDRESS(mmap((void *)-PAGE, 5 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
  ADDRESS(mmap(NULL, PAGE, RW, ANONYMOUS | MAP_HUGETLB | 63 << MAP_HUGE_SHIFT, -1, 0));
  NUMBER(munmap(p + 1, PAGE));
  NUMBER(munmap(p, 0));
  NUMBER(munmap(p, SIZE_MAX));
  NUMBER(munmap(p, (size_t)-PAGE));
  NUMBER(munmap(p + 3 * PAGE, 1));
  NUMBER(munmap(p + 3 * PAGE, PAGE)); /* nothing is there */
  NUMBER(munmap((void *)-PAGE, PAGE));
}

static void mremap_errors(char *p) {
  ADDRESS(mremap(p + 1, PAGE, PAGE, 0));
  ADDRESS(mremap(p, PAGE, 0, 0));
  ADDRESS(mremap(p, PAGE, SIZE_MAX, MREMAP_MAYMOVE));
  ADDRESS(mremap(p, PAGE, 2 * PAGE, 0)); /* its neighbour is in the way */
  ADDRESS(mremap(p, PAGE, PAGE, 64));
  ADDRESS(mremap(p, PAGE, PAGE, MREMAP_FIXED, p + PAGE));
  ADDRESS(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, p + PAGE));
  ADDRESS(mremap(p, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, p + PAGE + 1));
  ADDRESS(mremap(p, PAGE, 2 * PAGE, MREMAP_DONTUNMAP | MREMAP_MAYMOVE, NULL));
  ADDRESS(mremap(p, 0, PAGE, MREMAP_MAYMOVE)); /* of private pages */
  ADDRESS(mremap(p + 3 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE));
  ADDRESS(mremap((void *)-PAGE, PAGE, PAGE, MREMAP_MAYMOVE));
  ADDRESS(mremap(p, PAGE, PAGE, 0));
}

static void segment_errors(char *p, int id) {
  ADDRESS(shmat(-1, NULL, 0));
  ADDRESS(shmat(id, p + 1, 0));
  ADDRESS(shmat(id, p, 0)); /* something is there */
  ADDRESS(shmat(id, NULL, SHM_REMAP));
  ADDRESS(shmat(id, p + 1, SHM_RND));
  ADDRESS(shmat(id, p + PAGE + 5, SHM_RND | SHM_REMAP));
  NUMBER(shmdt(p + PAGE + 1));
  NUMBER(shmdt(p));
  NUMBER(shmdt(NULL));
  NUMBER(shmdt(p + PAGE));
}

static void break_errors(void) {
  NUMBER(brk((void *)1));
  NUMBER(brk((void *)-1));
  NUMBER(brk(sbrk(0)));
  ADDRESS(sbrk(0));
  ADDRESS(sbrk(INTPTR_MAX));
  ADDRESS(sbrk(INTPTR_MIN));
  ADDRESS(sbrk(PAGE));
  ADDRESS(sbrk(-PAGE));
}

static void *nothing(void *p) { return p; }

static void limit_errors(char *p) {
  struct rlimit none = {0, RLIM_INFINITY}, before;
  pthread_t t;
  getrlimit(RLIMIT_AS, &before);
  setrlimit(RLIMIT_AS, &none);
  ADDRESS(mmap(NULL, PAGE, RW, ANONYMOUS, -1, 0));
  ADDRESS(mremap(p, PAGE, 1000 * PAGE, MREMAP_MAYMOVE));
  ADDRESS(sbrk(1000 * PAGE));
  NUMBER(pthread_create(&t, NULL, nothing, NULL));
  setrlimit(RLIMIT_AS, &before);
  NUMBER(pthread_create(&t, NULL, nothing, NULL));
  NUMBER(pthread_join(t, NULL));
}

static void errors(void) {
  char *p = mmap((void *)0x190000000000, 3 * PAGE, RW, ANONYMOUS, -1, 0);
  int id = shmget(IPC_PRIVATE, PAGE, 0600);
  mmap_errors(p, open("edges.file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
              open(".", O_RDONLY | O_CLOEXEC));
  mremap_errors(p);
  segment_errors(p, id);
  shmctl(id, IPC_RMID, NULL);
  break_errors();
  limit_errors(p);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "ranges") == 0)
    ranges();
  else if (strcmp(what, "errors") == 0)
    errors();
  else if (strcmp(what, "exec") == 0) {
    base = (char *)0x180000000000;
    low_half(at(0), 300, RW, ANONYMOUS, -1);
    execl(argv[0], argv[0], "ranges", NULL);
  } else
    FAIL("usage: maps_edges ranges|errors|exec");
  return 7;
}
