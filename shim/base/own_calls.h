/* libc's functions as the shim and its jemalloc call them: our own, which no other library can
 * replace.
 *
 * Another preloaded library can wrap any function of libc (fakeroot, eatmydata, tracers,
 * libfaketime, sanitizers), and its wrapper can allocate, take a lock, or not be ready yet.  If it
 * were called inside an allocation, while jemalloc's locks are held, it would call malloc again and
 * wait for ever.  So own_*.c define these functions a second time, hidden in this library, under
 * libc's names: every call in shim/, arena/ and jemalloc is bound to them when the library is
 * linked, and so is every call that is added later.
 *
 *   own_calls.c    system calls
 *   own_locks.c    mutexes, conditions, keys of thread-specific data, thread ids
 *   own_clock.c    time, from the vDSO
 *   own_bytes.c    mem* and str*
 *   own_system.c   auxiliary vector, environment, processors
 *
 * Each does what libc's function of that name does, for the arguments that are used here, with two
 * differences.  None is a cancellation point: libc's open, read, write or nanosleep could end a
 * thread in the middle of an allocation.  And each keeps errno unless it fails.  Any thread, signal
 * handlers too.
 *
 * The functions that are still libc's, and why that is safe, are listed in
 * test/preload/loader/undefined.allowed.
 */
#ifndef SHIM_OWN_CALLS_H
#define SHIM_OWN_CALLS_H

#include "base.h"

#include <errno.h>

/* libc's memcpy and memset, by versioned names that no library wraps: for the program's objects,
 * which can be long.  They are called where no lock is held and no change is half done. */
void *libc_memcpy(void *to, const void *from, size_t n);
void *libc_memset(void *to, int byte, size_t n);
__asm__(".symver libc_memcpy, memcpy@" CPU_MEMCPY_VERSION);
__asm__(".symver libc_memset, memset@" CPU_LIBC_VERSION);

/* Called when memory is about to grow by so many bytes within one request: jemalloc copies an
 * object of OWN_COPY_NOTED bytes or more for a realloc, and nobody has touched the pages of the new
 * one; or jemalloc has refused the request (large_request.h).  In the thread that makes it, which
 * holds no lock but is inside jemalloc (fork_gate.h).  NULL, or set in the constructor. */
enum { OWN_COPY_NOTED = 1 << 20 };
extern hidden void (*own_growth_hook)(size_t bytes);

/* A value of the auxiliary vector; 0 if it is not there.  Works before libc is set up. */
hidden unsigned long own_auxiliary(unsigned long type);

/* The processor's counter must not be read: a strict sandbox ends the process for it, and so does
 * the kernel if the program wanted that (PR_SET_TSC).  Set once. */
extern hidden bool own_clock_coarse;

/* How many writes of all threads failed in a way that also raises a signal: EPIPE (SIGPIPE) or
 * EFBIG (SIGXFSZ). */
extern hidden _Atomic unsigned own_writes_signalled;

/* Turns a raw system call's result into that of a libc function: -1 and errno after an error. */
static inline long own_result(long result) {
  if (result >= 0 || result < -4095)
    return result;
  errno = (int)-result;
  return -1;
}

/* What libc's syscall does: own_call(NUMBER, ARGUMENT...), with up to six arguments. */
#define own_call(...) OWN_CALL_PADDED(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define OWN_CALL_PADDED(number, a, b, c, d, e, f, ...)                                             \
  own_result(cpu_syscall((long)(number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),    \
                         (long)(f)))

#endif
