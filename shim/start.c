/* The process's start, forks and end; contract in start.h.
 *
 * ld.so asks for memory before any constructor has run, so the first malloc reads the options.
 * Whatever needs a working libc (fork handlers, signal handlers, descriptors) waits for the
 * constructor.
 */
#include "start.h"
#include "capture.h"
#include "children.h"
#include "dump.h"
#include "entry.h"
#include "gate.h"
#include "large_spare.h"
#include "large_thread.h"
#include "modules.h"
#include "report.h"
#include "report_signal.h"
#include "sandbox.h"
#include "shelf.h"
#include "sink.h"
#include "sites.h"
#include "stray.h"
#include "tagged.h"

#include <pthread.h>
#include <unistd.h>

enum start_state { NOT_STARTED, STARTING, READY, WITHOUT_HEAPS };

static struct {
  _Atomic int state;
  struct options options;
  pthread_key_t thread_end; /* made in the first malloc: below 32, its values need no memory */
  bool have_key;
  bool forked;
  uint64_t early_requests;
} start;

const struct options *start_options(void) { return &start.options; }
bool start_is_forked(void) { return start.forked; }
uint64_t start_early_requests(void) { return start.early_requests; }

static void end_of_thread(void *unused) {
  (void)unused;
  shelf_clear(heap_mine());
  large_spare_look(heap_mine(), 0);
  heap_thread_ended();
}

static void begin_of_thread(void) {
  if (start.have_key)
    pthread_setspecific(start.thread_end, heap_self);
  large_look(heap_mine());
}

static int start_heaps(void) {
  options_read(&start.options, environ);
  if (start.options.verbose)
    options_print(&start.options);
  if (start.options.disabled ||
      !range_setup(start.options.block_bytes,
                   start.options.tags != TAGS_OFF && start.options.sample_bytes == 0))
    return WITHOUT_HEAPS;
  start.have_key = pthread_key_create(&start.thread_end, end_of_thread) == 0;
  heap_thread_started = begin_of_thread;
  heap_looks_around = large_spare_look;
  if (start.options.tags != TAGS_OFF)
    tagged_setup(start.options.sample_bytes);
  return READY;
}

bool start_once(void) {
  int state = atomic_load_explicit(&start.state, memory_order_acquire);
  if (likely(state == READY))
    return true;
  if (state == NOT_STARTED && atomic_compare_exchange_strong(&start.state, &state, STARTING)) {
    state = start_heaps();
    atomic_store_explicit(&start.state, state, memory_order_release);
  }
  return state == READY;
}

static void fork_prepare(void) {
  heap_fork_prepare();
  gate_close();
}

static void fork_child(void) {
  gate_open_child();
  if (start.state == READY)
    heap_fork_child();
  if (tagged_mode != TAGGED_NONE)
    tagged_fork_child();
  large_counts_restart();
  large_remember_restart();
  large_spare_forget();
  report_forget();
  dump_forget();
  sites_forget();
  start.forked = true;
}

/* Until now every path had one frame. */
static void start_captures(void) {
  capture_setup(start.options.depth, start.options.tags == TAGS_VERIFY);
  if (capture_mode.depth > 1)
    start.early_requests = sites_requests();
}

__attribute__((constructor)) static void process_starts(void) {
  start_once();
  large_thread_cached(); /* jemalloc starts now: it asks for what a sandbox may forbid later */
  sandbox_setup();
  gate_setup();
  stray_setup();
  pthread_atfork(fork_prepare, gate_open_parent, fork_child);
  if (!start.options.children)
    children_drop_shim();
  if (start.options.disabled)
    return;
  if (tagged_mode != TAGGED_NONE)
    start_captures();
  else if (start.options.dump)
    modules_refresh(NULL);
  if (start.options.stats || start.options.dump || start.options.signals != 0)
    sink_keep_stderr();
  if (start.options.signals != 0) {
    large_remember_from_now();
    large_between_samples = false;
    if (heap_mine() != NULL)
      heap_mine()->straight = false;
    report_on_signals(&start.options);
  }
}

__attribute__((destructor)) static void process_ends(void) {
  if (start.options.disabled)
    return;
  if (start.options.stats)
    report_write(REPORT_AT_EXIT, NULL);
  if (start.options.dump)
    dump_write(DUMP_AT_EXIT, 0, NULL);
}
