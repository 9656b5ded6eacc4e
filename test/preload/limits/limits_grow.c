/* Takes memory in a known way, until it is killed or has it all; for limits.bats.
 *   limits_grow touched MIB US  objects of 256 KiB, each touched at once; US microseconds a MiB
 *   limits_grow small MIB US    objects of 100 bytes, likewise
 *   limits_grow grown MIB US    one object, reallocated by a MiB at a time and touched
 *   limits_grow late MIB MORE   a MiB each, none touched; prints "mapped", then touches all of them
 *                               and maps MORE MiB of its own, without another request
 *   limits_grow refused MIB MORE  takes MIB touched, then asks for MORE at once and gets none
 *   limits_grow threads N MIB   N threads that start together, MIB each; prints the milliseconds
 *                               that the quickest took
 *   limits_grow children N MIB  N children by fork at the same time, MIB each; waits for them
 *   limits_grow family N MIB    takes MIB itself, then as children
 *   limits_grow sandbox MIB 0   forbids itself to ask for limits, then as touched
 *   limits_grow chroot MIB 0    has no other root than its directory, then as touched
 *   limits_grow sites N MIB     objects of 100 bytes from N call paths of 8 frames and more, then
 *                               MIB touched; prints the microseconds that its slowest malloc took
 * Prints "done" at its end. */
#include "../check.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

enum { MIB = 1 << 20, PIECE = 256 << 10, SMALL = 100 };

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void pause_us(long us) {
  struct timespec t = {us / 1000000, us % 1000000 * 1000};
  if (us > 0)
    nanosleep(&t, NULL);
}

static void touch(char *p, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 4096)
    ((volatile char *)p)[i] = 1;
}

static __attribute__((noinline)) void take(size_t mib, size_t piece, long us) {
  errno = 0;
  for (size_t i = 0; i < mib; i++) {
    for (size_t n = 0; n < MIB; n += piece)
      touch(hide(must(malloc(piece))), piece);
    CHECK(errno == 0, "errno expected to stay 0, found %d", errno);
    pause_us(us);
  }
}

static void take_grown(size_t mib, long us) {
  char *p = NULL;
  for (size_t i = 0; i < mib; i++) {
    p = hide(must(realloc(p, (i + 1) * MIB)));
    touch(p + i * MIB, MIB);
    pause_us(us);
  }
}

static void take_late(size_t mib, size_t more) {
  char **all = hide(must(malloc(mib * sizeof *all)));
  for (size_t i = 0; i < mib; i++)
    all[i] = hide(must(malloc(MIB)));
  SAY("mapped\n");
  for (size_t i = 0; i < mib; i++)
    touch(all[i], MIB);
  char *p = mmap(NULL, more * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED, "mmap expected to succeed, errno %d", errno);
  touch(p, more * MIB);
}

static void ask_too_much(size_t mib) {
  CHECK(hide(malloc(mib * MIB)) == NULL && errno == ENOMEM, "%zu MiB expected to be refused", mib);
}

static pthread_barrier_t together;

static void *thread_takes(void *mib) {
  pthread_barrier_wait(&together);
  uint64_t start = now_us();
  take((size_t)mib, PIECE, 0);
  return (void *)(now_us() - start);
}

static void take_in_threads(unsigned n, size_t mib) {
  pthread_t thread[64];
  CHECK(n <= 64, "expected at most 64 threads, found %u", n);
  pthread_barrier_init(&together, NULL, n);
  for (unsigned i = 0; i < n; i++)
    thread[i] = thread_start(thread_takes, (void *)mib);
  uintptr_t quickest = UINTPTR_MAX;
  for (unsigned i = 0; i < n; i++) {
    void *took;
    pthread_join(thread[i], &took);
    quickest = (uintptr_t)took < quickest ? (uintptr_t)took : quickest;
  }
  SAY("%zu\n", (size_t)quickest / 1000);
}

static void take_in_children(unsigned n, size_t mib) {
  pid_t child[64];
  CHECK(n <= 64, "expected at most 64 children, found %u", n);
  for (unsigned i = 0; i < n; i++)
    if ((child[i] = fork()) == 0) {
      take(mib, PIECE, 0);
      pause_us(500000); /* all of them hold it at the same time */
      exit(0);
    }
  for (unsigned i = 0; i < n; i++)
    wait_ok(child[i]);
}

/* The process is ended for prlimit64. */
static void enter_sandbox(void) {
  struct sock_filter f[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 1),
                            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
                            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog p = {sizeof f / sizeof *f, f};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) == 0,
        "a sandbox expected, errno %d", errno);
}

/* Each of four ways through a level is a call of its own, so that its frame has another address. */
static __attribute__((noinline)) void *at_depth(unsigned depth, unsigned way) {
  void *p;
  if (depth == 0)
    return hide(must(malloc(SMALL)));
  switch (way & 3) {
  case 0:
    p = at_depth(depth - 1, way >> 2);
    break;
  case 1:
    p = at_depth(depth - 1, way >> 2);
    __asm__ volatile("nop");
    break;
  case 2:
    p = at_depth(depth - 1, way >> 2);
    __asm__ volatile("nop; nop");
    break;
  default:
    p = at_depth(depth - 1, way >> 2);
    __asm__ volatile("nop; nop; nop");
  }
  return hide(p);
}

static void take_at_sites(unsigned n, size_t mib) {
  uint64_t slowest = 0;
  for (unsigned way = 0; way < n; way++)
    at_depth(8, way);
  for (size_t i = 0; i < mib; i++) {
    uint64_t before = now_us();
    char *p = hide(must(malloc(MIB)));
    uint64_t took = now_us() - before;
    slowest = took > slowest ? took : slowest;
    touch(p, MIB);
  }
  SAY("%zu\n", (size_t)slowest);
}

int main(int argc, char **argv) {
  CHECK(argc == 4, "expected MODE and two numbers, found %d arguments", argc - 1);
  const char *mode = argv[1];
  size_t a = (size_t)arg_long(argc, argv, 2, 0), b = (size_t)arg_long(argc, argv, 3, 0);
  watchdog(120);
  if (strcmp(mode, "touched") == 0)
    take(a, PIECE, (long)b);
  else if (strcmp(mode, "small") == 0)
    take(a, SMALL, (long)b);
  else if (strcmp(mode, "grown") == 0)
    take_grown(a, (long)b);
  else if (strcmp(mode, "late") == 0)
    take_late(a, b);
  else if (strcmp(mode, "refused") == 0) {
    take(a, PIECE, 0);
    ask_too_much(b);
  } else if (strcmp(mode, "threads") == 0)
    take_in_threads((unsigned)a, b);
  else if (strcmp(mode, "children") == 0)
    take_in_children((unsigned)a, b);
  else if (strcmp(mode, "family") == 0) {
    take(b, PIECE, 0);
    take_in_children((unsigned)a, b);
  } else if (strcmp(mode, "sandbox") == 0) {
    enter_sandbox();
    take(a, PIECE, (long)b);
  } else if (strcmp(mode, "chroot") == 0) {
    CHECK(chroot(".") == 0, "a root of its own expected, errno %d", errno);
    take(a, PIECE, (long)b);
  } else if (strcmp(mode, "sites") == 0)
    take_at_sites((unsigned)a, b);
  else
    FAIL("unknown mode %s", mode);
  SAY("done\n");
}
