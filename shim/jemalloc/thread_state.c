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

/* What else is known of the thread's cache. */
static own_thread struct {
  bool starting;     /* a request now is jemalloc's or libc's, or a signal handler's */
  bool made;         /* the cache is there, and only to be switched on */
  bool refused;      /* there was no memory for a cache that a mallctl switched on */
  bool ending;       /* the cache is being taken back */
  bool counted;      /* jemalloc is to see each request (thread_counters.h) */
  uint32_t requests; /* while there was no cache */
} thread;

/* jemalloc's record of this thread; its contents are jemalloc's own. */
extern hidden __thread char je_tsd_tls[] __attribute__((tls_model("initial-exec")));
static struct tsd *own_record(void) { return (struct tsd *)je_tsd_tls; }

/* Functions of jemalloc that we call, and those of ours that jemalloc calls in place of its own. */
hidden void je_tsd_slow_update(struct tsd *t);
hidden bool __real_je_tsd_tcache_data_init(struct tsd *t);
hidden void __real_je_tcache_cleanup(struct tsd *t);
hidden bool __wrap_je_tsd_tcache_enabled_data_init(struct tsd *t);
hidden bool __wrap_je_tsd_tcache_data_init(struct tsd *t);
hidden void __wrap_je_tcache_cleanup(struct tsd *t);
struct jemalloc_arena;
hidden void __real_je_arena_decay(struct tsd *t, struct jemalloc_arena *a, bool background,
                                  bool all);
hidden void __wrap_je_arena_decay(struct tsd *t, struct jemalloc_arena *a, bool background,
                                  bool all);

static void cache_switch(bool on) {
  jep_cache_switch(own_record(), NULL, 0, NULL, NULL, &on, sizeof on);
}

/* In a new thread jemalloc would make the cache now; in a record of zeros it is off. */
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
  thread.ending = true;
  if (!thread.refused)
    __real_je_tcache_cleanup(t);
  thread.ending = false;
  thread_state = THREAD_OFF;
}

/* jemalloc purges all of an arena when its last thread ends.  A program whose threads are short
 * would pay for their pages each time; what is idle is the purge policy's concern. */
void __wrap_je_arena_decay(struct tsd *t, struct jemalloc_arena *a, bool background, bool all) {
  __real_je_arena_decay(t, a, background, all && !(thread.ending && jemalloc_leaves_purging()));
}

bool thread_cache_was_switched(void) {
  if (likely(!thread.refused))
    return true;
  cache_switch(false);
  thread.refused = false;
  return false;
}

/* ---- jemalloc's start ---- */

/* Values of jemalloc's malloc_init_t. */
enum { STARTED = 0, RECURSIBLE = 1 };
extern hidden _Atomic unsigned je_malloc_init_state;

static atomic_flag starting = ATOMIC_FLAG_INIT;

static bool is_started(void) { return likely(je_malloc_init_state == STARTED); }

/* One thread at a time: jemalloc would have all others wait for the thread that began, also if that
 * was refused memory and never calls again. */
static bool start_alone(void) {
  while (atomic_flag_test_and_set(&starting))
    sched_yield();
  if (!is_started()) {
    jep_opt_cache_oblivious = false; /* 16 KiB take 4 pages, not 5 */
    jep_nallocx(1, 0);
  }
  if (!is_started())
    jep_initializer = 0;
  atomic_flag_clear(&starting);
  return is_started();
}

bool jemalloc_start(void) {
  if (likely(is_started()))
    return true;
  if (thread.starting) /* libc asks for memory in jemalloc's start, or a signal handler does */
    return je_malloc_init_state <= RECURSIBLE;
  int saved = errno; /* libc's functions that its start calls may set it */
  thread.starting = true;
  bool started = start_alone();
  thread.starting = false;
  errno = saved;
  return started;
}

void jemalloc_start_fork_child(void) { atomic_flag_clear(&starting); }

/* ---- a thread's cache ---- */

/* Any request gives the thread its record and its arena; false if there is no memory for them. */
static bool take_arena(void) {
  void *p = jep_mallocx(1, FLAG_NO_CACHE);
  if (p != NULL)
    jep_dallocx(p, FLAG_NO_CACHE);
  return p != NULL;
}

/* A signal handler, or a request of libc's for us, may have made it already. */
static void make_cache(void) {
  if (thread_state != THREAD_NEW || __real_je_tsd_tcache_data_init(own_record()))
    return;
  thread.made = true;
  cache_switch(true);
}

/* At the 1st, 2nd, 4th, 8th, ... request. */
static bool is_time_to_try(void) {
  uint32_t n = ++thread.requests;
  return !thread.starting && (n & (n - 1)) == 0;
}

bool thread_begin(void) {
  if (!jemalloc_start())
    return false;
  if (thread_state != THREAD_NEW || !is_time_to_try())
    return true;
  int saved = errno;
  thread.starting = true;
  if (!jep_opt_tcache)
    thread_state = thread.counted ? THREAD_COUNTED : THREAD_CACHED; /* there are no caches */
  else if (take_arena())
    make_cache();
  thread.starting = false;
  errno = saved;
  return true;
}
