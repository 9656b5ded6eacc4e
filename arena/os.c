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

hidden _Atomic unsigned os_forbidden_all;
hidden __thread unsigned os_forbidden_here __attribute__((tls_model("initial-exec")));
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

/* ---- the list of mappings (os.h) ---- */

hidden struct os_owned os_owned[OS_OWNED_MOST];
static _Atomic unsigned owned_count; /* slots that were ever used */
static _Atomic unsigned owned_free;  /* no slot below it is free, as far as is known */

unsigned os_owned_count(void) { return atomic_load_explicit(&owned_count, memory_order_acquire); }

static void owned_publish(struct os_owned *o, uintptr_t start, uintptr_t bytes) {
  atomic_store_explicit(&o->bytes, bytes, memory_order_relaxed);
  atomic_store_explicit(&o->start, bytes != 0 ? start : 0, memory_order_release);
}

static void owned_add(uintptr_t start, uintptr_t bytes) {
  for (unsigned i = atomic_load(&owned_free); i < OS_OWNED_MOST; i++) {
    uintptr_t nobody = 0;
    if (atomic_load_explicit(&os_owned[i].start, memory_order_relaxed) != 0 ||
        !atomic_compare_exchange_strong(&os_owned[i].start, &nobody, OS_OWNED_BUSY))
      continue;
    owned_publish(&os_owned[i], start, bytes);
    atomic_store(&owned_free, i + 1);
    unsigned count = os_owned_count();
    while (count <= i && !atomic_compare_exchange_weak(&owned_count, &count, i + 1))
      ;
    return;
  }
}

/* Takes the slot of the mapping that those bytes are in, so that no other thread changes it. */
static struct os_owned *owned_take(uintptr_t at, uintptr_t *start) {
  for (unsigned i = 0; i < os_owned_count(); i++) {
    *start = atomic_load_explicit(&os_owned[i].start, memory_order_acquire);
    if (*start > OS_OWNED_BUSY && at - *start < atomic_load(&os_owned[i].bytes) &&
        atomic_compare_exchange_strong(&os_owned[i].start, start, OS_OWNED_BUSY))
      return &os_owned[i];
  }
  return NULL;
}

/* Those bytes leave the list: a whole mapping, or its front, its end or its middle. */
static void owned_remove(uintptr_t at, uintptr_t bytes) {
  uintptr_t start;
  struct os_owned *o = owned_take(at, &start);
  if (o == NULL)
    return;
  uintptr_t end = start + o->bytes;
  bool whole = at == start && at + bytes >= end;
  if (at == start)
    owned_publish(o, at + bytes, whole ? 0 : end - at - bytes);
  else
    owned_publish(o, start, at - start);
  if (at != start && at + bytes < end)
    owned_add(at + bytes, end - at - bytes);
  unsigned slot = (unsigned)(o - os_owned);
  if (whole && slot < atomic_load(&owned_free))
    atomic_store(&owned_free, slot);
}

void *os_map(size_t bytes) {
  void *p = map_pages(NULL, bytes);
  if (p != NULL)
    owned_add((uintptr_t)p, bytes);
  return p;
}

/* The address is a hint: Linux takes it if nothing lies there, and else maps elsewhere.
 * MAP_FIXED_NOREPLACE says the same, but a sandbox that allows only the flags that glibc's malloc
 * needs ends the process for it, and kernels before 4.17 do not know it. */
bool os_map_at(void *address, size_t bytes) {
  void *p = map_pages(address, bytes);
  if (p != NULL && p != address)
    unmap_pages(p, bytes);
  return p == address;
}

/* It leaves the list first: the addresses may be another thread's at once. */
void os_unmap(void *address, size_t bytes) {
  owned_remove((uintptr_t)address, bytes);
  if (unmap_pages(address, bytes))
    os_released_add(bytes);
}

void *os_remap(void *address, size_t old, size_t bytes) {
  int saved = errno;
  void *p = os_forbids(OS_MREMAP) ? MAP_FAILED : mremap(address, old, bytes, MREMAP_MAYMOVE);
  errno = saved;
  if (p == MAP_FAILED)
    return NULL;
  owned_remove((uintptr_t)address, old);
  owned_add((uintptr_t)p, bytes);
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
  if (os_forbids(OS_READABLE))
    return false;
  long r = cpu_syscall(SYS_futex, (long)(address & ~(uintptr_t)3), OS_READABLE_FUTEX, 0, 0,
                       (long)&nobody_waits, 0);
  return r >= 0 || r == -EAGAIN;
}

uint64_t os_peak_resident_bytes(void) {
  struct rusage usage;
  if (os_forbids(OS_FIGURES))
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

/* Nothing is blocked, nor given back, where a sandbox would end the process for it. */
static void set_signals(const uint64_t *mask, uint64_t *before) {
  if (os_forbids(OS_MASKS))
    return;
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
  if (!os_forbids(OS_FIGURES))
    cpu_syscall(SYS_prctl, PR_GET_NAME, (long)name, 0, 0, 0, 0);
}
