/* System calls under libc's names; the reason is in own_calls.h.
 *
 * Only calls that glibc makes itself, or that a program without a sandbox may always make, belong
 * here; libarenashim(7) lists those made after the start.
 */
#include "own_calls.h"
#include "os.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

hidden _Atomic unsigned own_writes_signalled;

/* errno is libc's.  It lies at the same distance from each thread's control block, so libc is asked
 * for its address only once. */
int *libc_errno_location(void);
__asm__(".symver libc_errno_location, __errno_location@" CPU_LIBC_VERSION);

static _Atomic uintptr_t errno_distance; /* 0: not known yet */

static cold int *find_errno(void) {
  int *location = libc_errno_location();
  atomic_store_explicit(&errno_distance, (uintptr_t)location - cpu_thread(), memory_order_relaxed);
  return location;
}

int *__errno_location(void) {
  uintptr_t distance = atomic_load_explicit(&errno_distance, memory_order_relaxed);
  return likely(distance != 0) ? (int *)cpu_thread_at(distance) : find_errno();
}

#define CALL(number, a, b, c, d, e, f)                                                             \
  own_result(                                                                                      \
      cpu_syscall(SYS_##number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)))
#define CALL0(number)             CALL(number, 0, 0, 0, 0, 0, 0)
#define CALL1(number, a)          CALL(number, a, 0, 0, 0, 0, 0)
#define CALL2(number, a, b)       CALL(number, a, b, 0, 0, 0, 0)
#define CALL3(number, a, b, c)    CALL(number, a, b, c, 0, 0, 0)
#define CALL4(number, a, b, c, d) CALL(number, a, b, c, d, 0, 0)

/* What jemalloc calls in place of syscall (symbols.syms), to open, read, write and close. */
hidden long own_syscall(long number, long a, long b, long c, long d, long e, long f);
long own_syscall(long number, long a, long b, long c, long d, long e, long f) {
  return own_result(cpu_syscall(number, a, b, c, d, e, f));
}

/* ---- memory ---- */

/* The system call, or ENOMEM without one where a sandbox would end the process for it. */
static long memory_call(enum os_use use, long number, long a, long b, long c, long d, long e,
                        long f) {
  if (os_forbids(use))
    return own_result(-ENOMEM);
  return own_result(cpu_syscall(number, a, b, c, d, e, f));
}
/* Under the names by which the linker binds our own calls of mmap, munmap and mremap (Makefile):
 * the library exports those names for the program (api/mmap.c). */
hidden void *__wrap_mmap(void *address, size_t bytes, int protection, int flags, int fd,
                         off_t offset);
hidden int __wrap_munmap(void *address, size_t bytes);
hidden void *__wrap_mremap(void *address, size_t old, size_t bytes, int flags, ...);
void *__wrap_mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
  return (void *)memory_call(OS_MMAP, SYS_mmap, (long)address, (long)bytes, protection, flags, fd,
                             offset);
}
int __wrap_munmap(void *address, size_t bytes) {
  return (int)memory_call(OS_MUNMAP, SYS_munmap, (long)address, (long)bytes, 0, 0, 0, 0);
}
void *__wrap_mremap(void *address, size_t old, size_t bytes, int flags, ...) {
  return (void *)memory_call(OS_MREMAP, SYS_mremap, (long)address, (long)old, (long)bytes, flags, 0,
                             0);
}
int mprotect(void *address, size_t bytes, int protection) {
  return (int)memory_call(OS_MPROTECT, SYS_mprotect, (long)address, (long)bytes, protection, 0, 0,
                          0);
}
int madvise(void *address, size_t bytes, int advice) {
  return (int)memory_call(OS_MADVISE, SYS_madvise, (long)address, (long)bytes, advice, 0, 0, 0);
}
ssize_t process_vm_readv(pid_t pid, const struct iovec *to, unsigned long to_count,
                         const struct iovec *from, unsigned long from_count, unsigned long flags) {
  return CALL(process_vm_readv, pid, to, to_count, from, from_count, flags);
}

/* ---- files ---- */

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  return (int)CALL4(openat, AT_FDCWD, path, flags, mode);
}
int creat(const char *path, mode_t mode) {
  return (int)CALL4(openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int close(int fd) { return (int)CALL1(close, fd); }
ssize_t read(int fd, void *to, size_t n) { return CALL3(read, fd, to, n); }
ssize_t pread(int fd, void *to, size_t n, off_t at) { return CALL4(pread64, fd, to, n, at); }

/* The result of a write, counted if the write also raised a signal. */
static ssize_t written(long result) {
  if (result == -EPIPE || result == -EFBIG)
    atomic_fetch_add(&own_writes_signalled, 1);
  return own_result(result);
}
ssize_t write(int fd, const void *from, size_t n) {
  return written(cpu_syscall(SYS_write, fd, (long)from, (long)n, 0, 0, 0));
}
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) {
  return written(cpu_syscall(SYS_pwrite64, fd, (long)from, (long)n, at, 0, 0));
}

off_t lseek(int fd, off_t at, int whence) { return CALL3(lseek, fd, at, whence); }
int fcntl(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  long argument = va_arg(list, long);
  va_end(list);
  return (int)CALL3(fcntl, fd, command, argument);
}
int dup3(int from, int to, int flags) { return (int)CALL3(dup3, from, to, flags); }
int fstat(int fd, struct stat *s) { return (int)CALL2(fstat, fd, s); }
int stat(const char *path, struct stat *s) { return (int)CALL4(newfstatat, AT_FDCWD, path, s, 0); }
int lstat(const char *path, struct stat *s) {
  return (int)CALL4(newfstatat, AT_FDCWD, path, s, AT_SYMLINK_NOFOLLOW);
}
int link(const char *from, const char *to) { return (int)CALL2(link, from, to); }
int unlink(const char *path) { return (int)CALL1(unlink, path); }
int rename(const char *from, const char *to) { return (int)CALL2(rename, from, to); }
int renameat2(int from_in, const char *from, int to_in, const char *to, unsigned flags) {
  return (int)CALL(renameat2, from_in, from, to_in, to, flags, 0);
}
ssize_t readlink(const char *path, char *to, size_t n) { return CALL3(readlink, path, to, n); }
int memfd_create(const char *name, unsigned flags) { return (int)CALL2(memfd_create, name, flags); }
int poll(struct pollfd *fds, nfds_t count, int ms) { return (int)CALL3(poll, fds, count, ms); }

/* ---- the process ---- */

pid_t getpid(void) { return (pid_t)CALL0(getpid); }
pid_t getppid(void) { return (pid_t)CALL0(getppid); }
uid_t geteuid(void) { return (uid_t)CALL0(geteuid); }
int uname(struct utsname *to) { return (int)CALL1(uname, to); }
int getrusage(__rusage_who_t who, struct rusage *to) { return (int)CALL2(getrusage, who, to); }
int getrlimit(__rlimit_resource_t what, struct rlimit *to) {
  return (int)CALL4(prlimit64, 0, what, NULL, to);
}
int setrlimit(__rlimit_resource_t what, const struct rlimit *wanted) {
  return (int)CALL4(prlimit64, 0, what, wanted, NULL);
}
ssize_t getrandom(void *to, size_t n, unsigned flags) { return CALL3(getrandom, to, n, flags); }

/* ---- waiting ---- */

/* Waits by futex: every allocator with locks needs that system call, so a sandbox allows it. */
static void wait_ns(uint64_t ns) {
  const uint32_t never_woken = 0;
  const struct timespec limit = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
  cpu_syscall(SYS_futex, (long)&never_woken, FUTEX_WAIT_PRIVATE, 0, (long)&limit, 0, 0);
}

int nanosleep(const struct timespec *wanted, struct timespec *left) {
  (void)left; /* no caller here wants it */
  wait_ns((uint64_t)wanted->tv_sec * 1000000000 + (uint64_t)wanted->tv_nsec);
  return 0;
}

/* Waits as short a time as the kernel can. */
int sched_yield(void) {
  wait_ns(1);
  return 0;
}

/* ---- signals ---- */

enum { KERNEL_SET_BYTES = 8 };

/* Without libc's own two signals, which must never be blocked: pthread_cancel's, and the one by
 * which setuid reaches all threads. */
static uint64_t without_libc_signals(uint64_t set) { return set & ~(UINT64_C(3) << 31); }

/* Nothing is blocked, nor given back, where a sandbox would end the process for it. */
int pthread_sigmask(int how, const sigset_t *wanted, sigset_t *before) {
  uint64_t set = 0;
  if (wanted != NULL) {
    memcpy(&set, wanted, sizeof set);
    set = without_libc_signals(set);
  }
  if (before != NULL)
    memset(before, 0, sizeof *before);
  if (sandbox_forbids_masks())
    return EPERM;
  return (int)-cpu_syscall(SYS_rt_sigprocmask, how, (long)(wanted != NULL ? &set : NULL),
                           (long)before, KERNEL_SET_BYTES, 0, 0);
}
int sigpending(sigset_t *to) {
  memset(to, 0, sizeof *to);
  return (int)CALL2(rt_sigpending, to, KERNEL_SET_BYTES);
}
int sigtimedwait(const sigset_t *wanted, siginfo_t *info, const struct timespec *limit) {
  return (int)CALL4(rt_sigtimedwait, wanted, info, limit, KERNEL_SET_BYTES);
}
int sigemptyset(sigset_t *set) {
  memset(set, 0, sizeof *set);
  return 0;
}
int sigfillset(sigset_t *set) {
  const uint64_t all = without_libc_signals(~UINT64_C(0));
  memset(set, 0, sizeof *set);
  memcpy(set, &all, sizeof all);
  return 0;
}
int sigaddset(sigset_t *set, int number) {
  set->__val[0] |= UINT64_C(1) << (number - 1);
  return 0;
}
int sigismember(const sigset_t *set, int number) {
  return (int)(set->__val[0] >> (number - 1) & 1);
}
int raise(int number) { return (int)CALL3(tgkill, CALL0(getpid), CALL0(gettid), number); }

/* Only for SIG_DFL and SIG_IGN: a handler would need a restorer, by which the kernel returns. */
__sighandler_t signal(int number, __sighandler_t action) {
  const struct {
    __sighandler_t action;
    unsigned long flags, restorer, mask;
  } wanted = {.action = action};
  return CALL4(rt_sigaction, number, &wanted, NULL, KERNEL_SET_BYTES) == 0 ? SIG_DFL : SIG_ERR;
}

/* ---- processors ---- */

int sched_getaffinity(pid_t thread, size_t bytes, cpu_set_t *to) {
  long n = CALL3(sched_getaffinity, thread, bytes, to);
  if (n < 0)
    return -1;
  memset((char *)to + n, 0, bytes - (size_t)n);
  return 0;
}
int sched_setaffinity(pid_t thread, size_t bytes, const cpu_set_t *wanted) {
  return (int)CALL3(sched_setaffinity, thread, bytes, wanted);
}

/* jemalloc asks only with MALLOC_CONF=percpu_arena. */
int sched_getcpu(void) {
  unsigned cpu = 0;
  return CALL3(getcpu, &cpu, NULL, NULL) < 0 ? -1 : (int)cpu;
}
