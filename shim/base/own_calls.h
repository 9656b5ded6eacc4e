/* libc's functions as the shim and its jemalloc call them: our own, which nobody can replace.
 *
 * Another preloaded library may wrap any function of libc (fakeroot, eatmydata, tracers,
 * libfaketime, sanitizers), and its wrapper may allocate, take a lock, or not be ready yet.  Called
 * from inside an allocation, with jemalloc's locks held, it comes back to us and waits for ever. So
 * own_*.c define these functions again, hidden in this library, under the names that libc
 * gives them: every call in shim/, arena/ and jemalloc is bound to them when the library is linked,
 * also one that is added later.
 *
 *   own_calls.c   system calls        own_locks.c  mutexes, conditions, keys of threads
 *   own_clock.c   time, from the vDSO own_bytes.c  mem* and str*
 *   own_system.c  what the system is like: auxiliary vector, environment, processors
 *
 * None is a cancellation point: libc's open, read, write or nanosleep could end a thread in the
 * middle of an allocation.  Each keeps errno unless it fails.
 *
 * What is still libc's, and why that is safe, is listed in test/preload/undefined.allowed.
 */
#ifndef SHIM_OWN_CALLS_H
#define SHIM_OWN_CALLS_H

#include "base.h"

#include <errno.h>

/* libc's own, for bytes of the program's objects: as fast as libc knows how, and called with
 * nothing held and nothing half done. */
void *libc_memcpy(void *to, const void *from, size_t n);
void *libc_memset(void *to, int byte, size_t n);
__asm__(".symver libc_memcpy, memcpy@" CPU_MEMCPY_VERSION);
__asm__(".symver libc_memset, memset@" CPU_LIBC_VERSION);

/* A value of the auxiliary vector, 0 if it is not there.  Works before libc is set up. */
hidden unsigned long own_auxiliary(unsigned long type);

/* Writes that failed in a way that also raises a signal: EPIPE (SIGPIPE), EFBIG (SIGXFSZ). */
extern hidden _Atomic unsigned own_writes_signalled;

/* A system call's result as libc's functions give it: -1 and errno. */
static inline long own_result(long result) {
  if (result >= 0 || result < -4095)
    return result;
  errno = (int)-result;
  return -1;
}

/* What libc's syscall does: own_call(NUMBER, ARGUMENT...), up to six. */
#define own_call(...) OWN_CALL_PADDED(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define OWN_CALL_PADDED(number, a, b, c, d, e, f, ...)                                             \
  own_result(cpu_syscall((long)(number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),    \
                         (long)(f)))

#endif
