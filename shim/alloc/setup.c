/* The process's first request; contract in setup.h.
 *
 * ld.so asks for memory before any constructor has run, so the first malloc reads the options.
 * Whatever needs a working libc (fork handlers, signal handlers, descriptors) waits for the
 * constructor (start.c).
 */
#include "setup.h"
#include "figures.h"
#include "heap_memory.h"
#include "heap_thread.h"
#include "options.h"
#include "pieces.h"
#include "program.h"
#include "purge_policy.h"
#include "tag_mode.h"
#include "tagged_arena.h"
#include "thread_cache.h"
#include "thread_record.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

enum start_state { NOT_STARTED, STARTING, READY, WITHOUT_HEAPS };

static struct {
  _Atomic int state;
  pthread_key_t thread_end; /* made in the first malloc, so below 32: its values need no memory */
  bool have_key;
} start;

void (*setup_thread_ends_hook)(void);

bool setup_is_ready(void) { return start.state == READY; }

void setup_watch_end(void) {
  if (start.have_key && heap_mine() == NULL) /* else it has been set (thread_begins) */
    pthread_setspecific(start.thread_end, &start);
}

/* The next thread that takes this arena has no cache in jemalloc yet. */
static void close_large(struct heap *h) {
  cache_clear(h);
  if (h != NULL)
    record_of(h)->large_fast = false;
}

/* The destructor of the key: may run before those of other libraries, which request memory again.
 */
static void thread_ends(void *unused) {
  int saved = errno;
  (void)unused;
  struct heap *h = heap_mine();
  tagged_cache_close(h);
  close_large(h);
  close_large(h != NULL ? h->beside : NULL);
  purge_run(h, 0);
  if (setup_thread_ends_hook != NULL)
    setup_thread_ends_hook();
  if (h != NULL)
    heap_thread_ended();
  errno = saved;
}

/* A heap has been given to the calling thread. */
static void thread_begins(void) {
  if (start.have_key)
    pthread_setspecific(start.thread_end, heap_self);
  figures_refresh_if_due(heap_mine());
  counts_of(heap_mine())->joined = 0; /* what the arena's last thread did, this one has not */
  if (purge_taken_hook != NULL)       /* it may go over to tags at once */
    purge_taken_hook(0);
}

static int setup_heaps(void) {
  options_setup(environ);
  const struct options *o = options_now();
  program_read(options_write_files(o));
  if (o->verbose)
    options_print(o);
  if (o->disabled)
    return WITHOUT_HEAPS;
  pieces_setup();
  if (!range_setup(o->block_bytes, o->tags != TAGS_OFF && o->sample_bytes == 0))
    return WITHOUT_HEAPS;
  start.have_key = pthread_key_create(&start.thread_end, thread_ends) == 0;
  heap_thread_started = thread_begins;
  heap_housekeeping_hook = purge_run;
  if (o->tags != TAGS_OFF)
    tagged_setup(o->sample_bytes);
  return READY;
}

bool setup_once(void) {
  int state = atomic_load_explicit(&start.state, memory_order_acquire);
  if (likely(state == READY))
    return true;
  if (state == NOT_STARTED && atomic_compare_exchange_strong(&start.state, &state, STARTING)) {
    state = setup_heaps();
    atomic_store_explicit(&start.state, state, memory_order_release);
  }
  return state == READY;
}
