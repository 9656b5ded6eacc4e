/* What the operating system does for us.  Contract: os.h. */
#include "os.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

hidden bool os_limited, os_blind, os_memory_forbidden, os_remap_forbidden;
static _Atomic uint64_t mapped, released, stuck; /* bytes; every thread may add */

static void *map_pages(void *wanted, size_t bytes) {
  int saved = errno;
  void *p = mmap(wanted, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  errno = saved;
  if (p == MAP_FAILED)
    return NULL;
  os_mapped_add((int64_t)bytes);
  return p;
}

static bool unmap_pages(void *address, size_t bytes) {
  int saved = errno;
  bool gone = munmap(address, bytes) == 0;
  errno = saved;
  if (gone)
    os_mapped_add(-(int64_t)bytes);
  else
    os_stuck_add(bytes);
  return gone;
}

static bool advise(void *address, size_t bytes, int advice) {
  int saved = errno;
  bool done = madvise(address, bytes, advice) == 0;
  errno = saved;
  return done;
}

void *os_map(size_t bytes) { return map_pages(NULL, bytes); }

/* The address is a hint: Linux takes it if nothing lies there, and else maps elsewhere.
 * MAP_FIXED_NOREPLACE says the same, but a sandbox that allows only the flags that glibc's malloc
 * needs ends the process for it, and kernels before 4.17 do not know it. */
bool os_map_at(void *address, size_t bytes) {
  void *p = map_pages(address, bytes);
  if (p != NULL && p != address)
    unmap_pages(p, bytes);
  return p == address;
}

void os_unmap(void *address, size_t bytes) {
  if (unmap_pages(address, bytes))
    os_released_add(bytes);
}

void *os_remap(void *address, size_t old, size_t bytes) {
  int saved = errno;
  void *p = os_remap_forbidden ? MAP_FAILED : mremap(address, old, bytes, MREMAP_MAYMOVE);
  errno = saved;
  if (p == MAP_FAILED)
    return NULL;
  os_mapped_add((int64_t)bytes - (int64_t)old);
  return p;
}

void *os_stack_map(size_t bytes) {
  int saved = errno;
  void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  errno = saved;
  return p == MAP_FAILED ? NULL : p;
}

void os_stack_unmap(void *stack, size_t bytes) {
  int saved = errno;
  munmap(stack, bytes);
  errno = saved;
}

uint64_t os_stuck_bytes(void) { return count_get(&stuck); }

void os_stuck_add(uint64_t bytes) {
  atomic_fetch_add_explicit(&stuck, bytes, memory_order_relaxed);
}

void os_purge(void *address, size_t bytes) {
  if (advise(address, bytes, MADV_DONTNEED))
    os_released_add(bytes);
}

uint64_t os_mapped_bytes(void) { return atomic_load_explicit(&mapped, memory_order_relaxed); }

void os_mapped_add(int64_t bytes) {
  atomic_fetch_add_explicit(&mapped, (uint64_t)bytes, memory_order_relaxed);
}

uint64_t os_released_bytes(void) { return count_get(&released); }

void os_released_add(uint64_t bytes) {
  atomic_fetch_add_explicit(&released, bytes, memory_order_relaxed);
}

/* A futex call that wakes no thread: the kernel reads the word and compares it.  Errors that come
 * before that (EPERM of a sandbox) count as not readable. */
bool os_readable(uintptr_t address) {
  static uint32_t nobody_waits;
  if (unlikely(os_blind))
    return false;
  long r = cpu_syscall(SYS_futex, (long)(address & ~(uintptr_t)3), OS_READABLE_FUTEX, 0, 0,
                       (long)&nobody_waits, 0);
  return r >= 0 || r == -EAGAIN;
}

uint64_t os_peak_resident_bytes(void) {
  struct rusage usage;
  if (os_limited)
    return os_mapped_bytes();
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

size_t os_stack_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return SIZE_MAX;
  return limit.rlim_cur;
}

uint64_t os_clock_ns(int clock) {
  struct timespec now = {0};
  int saved = errno;
  clock_gettime(clock, &now);
  errno = saved;
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint32_t os_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

void os_sleep_us(unsigned us) {
  int saved = errno;
  struct timespec pause = {.tv_nsec = us * 1000L};
  nanosleep(&pause, NULL);
  errno = saved;
}

static void set_signals(const uint64_t *mask, uint64_t *before) {
  cpu_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)mask, (long)before, sizeof *mask, 0, 0);
}
void os_signals_block(uint64_t *before) {
  static const uint64_t all = ~UINT64_C(0);
  set_signals(&all, before);
}
void os_signals_restore(const uint64_t *before) { set_signals(before, NULL); }

uint32_t os_thread_id(void) { return (uint32_t)gettid(); }

void os_thread_name(char name[16]) {
  name[0] = '\0';
  if (!os_limited)
    cpu_syscall(SYS_prctl, PR_GET_NAME, (long)name, 0, 0, 0, 0);
}
