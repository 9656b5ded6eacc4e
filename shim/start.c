/* The process's start, forks and end; contract in start.h.
 *
 * ld.so asks for memory before any constructor has run, so the first malloc reads the options.
 * Whatever needs a working libc (fork handlers, signal handlers, descriptors) waits for the
 * constructor.
 */
#include "start.h"
#include "../arena/heap_fork.h"
#include "../arena/heap_memory.h"
#include "../arena/os.h"
#include "capture.h"
#include "children.h"
#include "dump.h"
#include "entry.h"
#include "exit.h"
#include "gate.h"
#include "large_spare.h"
#include "large_thread.h"
#include "modules.h"
#include "own_file.h"
#include "program.h"
#include "report.h"
#include "report_signal.h"
#include "sandbox.h"
#include "shelf.h"
#include "sink.h"
#include "sites.h"
#include "stray.h"
#include "tagged.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum start_state { NOT_STARTED, STARTING, READY, WITHOUT_HEAPS };

static struct {
  _Atomic int state;
  struct options options;
  pthread_key_t thread_end; /* made in the first malloc: below 32, its values need no memory */
  bool have_key;
  bool forked;
  uint64_t early_requests;
  uint64_t began_ns, began_clock_ns; /* by UNIX time, and by the monotonic clock */
} start;

const struct options *start_options(void) { return &start.options; }
bool start_is_forked(void) { return start.forked; }
uint64_t start_early_requests(void) { return start.early_requests; }
uint64_t start_began_ns(void) { return start.began_ns; }

uint64_t start_lived_ns(void) {
  return start.began_clock_ns == 0 ? 0 : os_clock_ns(CLOCK_MONOTONIC) - start.began_clock_ns;
}

static void begin_now(void) {
  start.began_ns = os_clock_ns(CLOCK_REALTIME);
  start.began_clock_ns = os_clock_ns(CLOCK_MONOTONIC);
}

bool start_lacks_unwinder(void) {
  return tagged_mode != TAGGED_NONE && start.options.depth > 1 && !capture_mode.unwinder;
}

static void end_of_thread(void *unused) {
  int saved = errno;
  (void)unused;
  shelf_clear(heap_mine());
  large_spare_look(heap_mine(), 0);
  heap_thread_ended();
  errno = saved;
}

static void begin_of_thread(void) {
  if (start.have_key)
    pthread_setspecific(start.thread_end, heap_self);
  large_look(heap_mine());
}

/* A report or dump is asked for. */
static bool writes_files(void) {
  const struct options *o = &start.options;
  return !o->disabled && (o->stats || o->dump || o->signals != 0);
}

static int start_heaps(void) {
  options_read(&start.options, environ);
  program_read(writes_files());
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

/* From the first of our handlers to the last no signal handler runs in this thread: one that forked
 * would have jemalloc take locks that this thread holds, and find heaps that are half rebuilt. Ours
 * are the first prepare handler's last and the others' first, so that libc's own part of a fork is
 * covered, too. */
static __thread uint64_t fork_signals __attribute__((tls_model("initial-exec")));

static void fork_prepare(void) {
  int saved = errno;
  os_signals_hold(&fork_signals);
  heap_fork_prepare();
  gate_close();
  errno = saved;
}

static void fork_parent(void) {
  int saved = errno;
  gate_open_parent();
  os_signals_let_go(&fork_signals);
  errno = saved;
}

static void fork_child(void) {
  int saved = errno;
  large_start_forget();
  gate_open_child();
  if (start.state == READY)
    heap_fork_child();
  if (tagged_mode != TAGGED_NONE)
    tagged_fork_child();
  large_counts_restart();
  large_remember_restart();
  large_spare_forget();
  exit_forget();
  report_forget();
  dump_forget();
  sites_forget();
  start.forked = true;
  begin_now();
  os_signals_let_go(&fork_signals);
  errno = saved;
}

/* Until now every path had one frame. */
static void start_captures(void) {
  capture_setup(start.options.depth, start.options.tags == TAGS_VERIFY);
  if (capture_mode.depth > 1)
    start.early_requests = sites_requests();
}

static void start_signals(void) {
  large_remember_from_now();
  large_between_samples = false;
  if (heap_mine() != NULL)
    heap_mine()->straight = false;
  report_on_signals(&start.options);
}

static void start_reports(void) {
  const struct options *o = &start.options;
  if (tagged_mode != TAGGED_NONE)
    start_captures();
  else if (o->dump)
    modules_refresh(NULL);
  if (writes_files()) {
    sink_setup(o);
    sink_check(o);
  }
  if (o->stats || o->dump)
    exit_setup();
  if (o->signals != 0)
    start_signals();
}

/* errno is 0 when a program starts, and it is the program's. */
__attribute__((constructor)) static void process_starts(int count, char **arguments) {
  int saved = errno;
  start_once();
  begin_now();
  sandbox_setup();
  gate_setup();
  stray_setup();
  pthread_atfork(fork_prepare, fork_parent, fork_child);
  large_start(); /* now, while the system calls that it makes are allowed */
  if (!start.options.children)
    children_drop_shim();
  program_read_arguments(count, arguments, start.options.command);
  if (!start.options.disabled) {
    own_file_read(); /* for a dump by call, too */
    start_reports();
  }
  errno = saved;
}

__attribute__((destructor)) static void process_ends(void) { exit_write(); }
