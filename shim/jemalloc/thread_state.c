/* The first uses of jemalloc in a thread; contract in thread_state.h.
 *
 * The linker sends jemalloc's own calls of the functions below named __wrap_ to us (Makefile,
 * JEMALLOC_WRAPPED): where a thread's state is set up, where its cache is made for a mallctl, and
 * where it is taken back.
 */
#include "thread_state.h"
#include "jemalloc.h"

#include <errno.h>
#include <sched.h>

#define own_thread __thread __attribute__((tls_model("initial-exec")))

hidden own_thread unsigned char thread_state;

static own_thread struct {
  bool beginning;  /* a request below this one is jemalloc's or libc's, or a handler's */
  bool made;       /* the cache is there, and only to be switched on */
  bool refused;    /* there was no memory for a cache that a mallctl switched on */
  bool counted;    /* jemalloc is to see each request (thread_counters.h) */
  uint32_t wishes; /* requests while there was no cache */
} thread;

/* jemalloc's record of this thread; what lies in it is none of our business. */
extern hidden __thread char je_tsd_tls[] __attribute__((tls_model("initial-exec")));
static struct tsd *own_record(void) { return (struct tsd *)je_tsd_tls; }

/* Its parts that we call, and those that it reaches through us. */
hidden void je_tsd_slow_update(struct tsd *t);
hidden bool __real_je_tsd_tcache_data_init(struct tsd *t);
hidden void __real_je_tcache_cleanup(struct tsd *t);
hidden bool __wrap_je_tsd_tcache_enabled_data_init(struct tsd *t);
hidden bool __wrap_je_tsd_tcache_data_init(struct tsd *t);
hidden void __wrap_je_tcache_cleanup(struct tsd *t);

static void cache_switch(bool on) {
  jep_cache_switch(own_record(), NULL, 0, NULL, NULL, &on, sizeof on);
}

/* A new thread.  jemalloc would make its cache now; in a record of zeros it is off. */
bool __wrap_je_tsd_tcache_enabled_data_init(struct tsd *t) {
  je_tsd_slow_update(t);
  return false;
}

/* The cache is being switched on, and will be, whatever this returns. */
bool __wrap_je_tsd_tcache_data_init(struct tsd *t) {
  bool failed = !thread.made && __real_je_tsd_tcache_data_init(t);
  thread.made = false;
  thread.refused = failed;
  if (!failed)
    thread_state = thread.counted ? THREAD_COUNTED : THREAD_CACHED;
  return failed;
}

void thread_count_each(void) {
  thread.counted = true;
  if (thread_state == THREAD_CACHED)
    thread_state = THREAD_COUNTED;
}

/* The cache is being switched off, or the thread ends. */
void __wrap_je_tcache_cleanup(struct tsd *t) {
  if (!thread.refused)
    __real_je_tcache_cleanup(t);
  thread_state = THREAD_OFF;
}

bool thread_cache_was_switched(void) {
  if (likely(!thread.refused))
    return true;
  cache_switch(false);
  thread.refused = false;
  return false;
}

/* ---- jemalloc's start ---- */

/* Its malloc_init_t. */
enum { STARTED = 0, RECURSIBLE = 1 };
extern hidden _Atomic unsigned je_malloc_init_state;

static atomic_flag starting = ATOMIC_FLAG_INIT;

static bool is_started(void) { return likely(je_malloc_init_state == STARTED); }

/* One thread at a time: jemalloc lets all others wait for the thread that began, also when that was
 * refused memory and never comes again. */
static bool start_in_turn(void) {
  while (atomic_flag_test_and_set(&starting))
    sched_yield();
  if (!is_started())
    jep_nallocx(1, 0);
  if (!is_started())
    jep_initializer = 0;
  atomic_flag_clear(&starting);
  return is_started();
}

bool jemalloc_start(void) {
  if (likely(is_started()))
    return true;
  if (thread.beginning) /* libc asks for memory in jemalloc's start, or a signal handler does */
    return je_malloc_init_state <= RECURSIBLE;
  int saved = errno; /* of what its start asks libc for */
  thread.beginning = true;
  bool started = start_in_turn();
  thread.beginning = false;
  errno = saved;
  return started;
}

void jemalloc_start_fork_child(void) { atomic_flag_clear(&starting); }

/* ---- a thread's cache ---- */

/* A request gives the thread its record and its arena. */
static bool have_arena(void) {
  void *p = jep_mallocx(1, FLAG_NO_CACHE);
  if (p != NULL)
    jep_dallocx(p, FLAG_NO_CACHE);
  return p != NULL;
}

/* What interrupted us, or is called for us, may have been first. */
static void make_cache(void) {
  if (thread_state != THREAD_NEW || __real_je_tsd_tcache_data_init(own_record()))
    return;
  thread.made = true;
  cache_switch(true);
}

static bool is_time(void) {
  uint32_t wishes = ++thread.wishes;
  return !thread.beginning && (wishes & (wishes - 1)) == 0;
}

bool thread_begin(void) {
  if (!jemalloc_start())
    return false;
  if (thread_state != THREAD_NEW || !is_time())
    return true;
  int saved = errno;
  thread.beginning = true;
  if (!jep_opt_tcache)
    thread_state = thread.counted ? THREAD_COUNTED : THREAD_CACHED; /* there are no caches */
  else if (have_arena())
    make_cache();
  thread.beginning = false;
  errno = saved;
  return true;
}
