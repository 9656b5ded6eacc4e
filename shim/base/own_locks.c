/* jemalloc's mutexes and conditions, keys of thread-specific data, and thread ids; the reason is in
 * own_calls.h.
 *
 * A mutex is one word in the storage of pthread_mutex_t: 0 free, 1 held, 2 held and a thread may be
 * waiting.  jemalloc tries to lock before it waits, so that nearly every lock is one
 * compare-and-exchange.  In a fork's child jemalloc initializes its mutexes again.
 */
#include "own_calls.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef _Atomic uint32_t word_t;
static_assert(sizeof(word_t) <= sizeof(pthread_mutex_t) && sizeof(word_t) <= sizeof(pthread_cond_t),
              "a word fits");

static word_t *word_of(void *storage) { return storage; }

static long futex(word_t *word, int operation, uint32_t value, const struct timespec *limit) {
  return cpu_syscall(SYS_futex, (long)word, operation | FUTEX_PRIVATE_FLAG, value, (long)limit, 0,
                     FUTEX_BITSET_MATCH_ANY);
}

int pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *kind) {
  (void)kind;
  memset(m, 0, sizeof *m);
  return 0;
}
int pthread_mutexattr_init(pthread_mutexattr_t *kind) {
  (void)kind;
  return 0;
}
int pthread_mutexattr_settype(pthread_mutexattr_t *kind, int type) {
  (void)kind;
  (void)type;
  return 0;
}
int pthread_mutexattr_destroy(pthread_mutexattr_t *kind) {
  (void)kind;
  return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *m) {
  uint32_t expected = 0;
  return atomic_compare_exchange_strong_explicit(word_of(m), &expected, 1, memory_order_acquire,
                                                 memory_order_relaxed)
             ? 0
             : EBUSY;
}

int pthread_mutex_lock(pthread_mutex_t *m) {
  if (pthread_mutex_trylock(m) != 0)
    while (atomic_exchange_explicit(word_of(m), 2, memory_order_acquire) != 0)
      futex(word_of(m), FUTEX_WAIT, 2, NULL);
  return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *m) {
  if (atomic_exchange_explicit(word_of(m), 0, memory_order_release) == 2)
    futex(word_of(m), FUTEX_WAKE, 1, NULL);
  return 0;
}

/* Conditions are used only with MALLOC_CONF=background_thread: their word counts signals. */
int pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *kind) {
  (void)kind;
  memset(c, 0, sizeof *c);
  return 0;
}

int pthread_cond_signal(pthread_cond_t *c) {
  atomic_fetch_add(word_of(c), 1);
  futex(word_of(c), FUTEX_WAKE, 1, NULL);
  return 0;
}

static int wait_for_signal(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until) {
  uint32_t seen = atomic_load(word_of(c));
  pthread_mutex_unlock(m);
  long result = futex(word_of(c), FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, seen, until);
  pthread_mutex_lock(m);
  return result == -ETIMEDOUT ? ETIMEDOUT : 0;
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until) {
  return wait_for_signal(c, m, until);
}
int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m) { return wait_for_signal(c, m, NULL); }

/* libc's functions, by names that no library wraps: a thread's first malloc needs them. */
int libc_key_create(pthread_key_t *key, void (*at_end)(void *));
int libc_setspecific(pthread_key_t key, const void *value) __attr_access_none(2);
__asm__(".symver libc_key_create, __pthread_key_create@" CPU_LIBC_VERSION);
__asm__(".symver libc_setspecific, __pthread_setspecific@" CPU_LIBC_VERSION);

int pthread_key_create(pthread_key_t *key, void (*at_end)(void *)) {
  return libc_key_create(key, at_end);
}
int pthread_setspecific(pthread_key_t key, const void *value) {
  return libc_setspecific(key, value);
}

/* libc writes the kernel's id of the locking thread into a mutex: so it is read without a system
 * call, which a sandbox could forbid.  In the child of a fork it is the child's. */
int libc_mutex_lock(pthread_mutex_t *m);
__asm__(".symver libc_mutex_lock, __pthread_mutex_lock@" CPU_LIBC_VERSION);

pid_t gettid(void) {
  pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  libc_mutex_lock(&m);
  return m.__data.__owner;
}

/* The thread's control block starts with its own address, which is what pthread_self returns. */
pthread_t pthread_self(void) { return (pthread_t)cpu_thread(); }
