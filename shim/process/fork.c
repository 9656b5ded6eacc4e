/* The three fork handlers; contract in fork.h.
 *
 * Signals are blocked in this thread from our prepare handler to our parent or child handler: a
 * signal handler that forked in between would have jemalloc take locks that this thread holds, and
 * would find heaps that are half rebuilt.  libc's own part of a fork lies in between, too: it comes
 * after all prepare handlers and before all others.
 */
#include "fork.h"
#include "attached.h"
#include "capture.h"
#include "capture_modules.h"
#include "dump.h"
#include "dump_at.h"
#include "exit.h"
#include "figures.h"
#include "fork_gate.h"
#include "heap_fork.h"
#include "heap_thread.h"
#include "huge.h"
#include "jemalloc.h"
#include "large.h"
#include "large_counts.h"
#include "large_tagged.h"
#include "large_tags.h"
#include "mapped_books.h"
#include "mapped_threads.h"
#include "metrics_at.h"
#include "modules.h"
#include "os.h"
#include "path_tree.h"
#include "pieces.h"
#include "program.h"
#include "purge_policy.h"
#include "record.h"
#include "report.h"
#include "setup.h"
#include "site_stats.h"
#include "tag_mode.h"
#include "thread_cache.h"
#include "thread_state.h"
#include "timeline.h"

#include <errno.h>
#include <pthread.h>
#include <sys/single_threaded.h>

/* This thread's signal mask before the fork. */
static __thread uint64_t fork_signals __attribute__((tls_model("initial-exec")));
/* May other threads write into the record while it is copied for the child? */
static __thread bool beside_threads __attribute__((tls_model("initial-exec")));

static void fork_prepare(void) {
  int saved = errno;
  os_signals_block(&fork_signals);
  beside_threads = !__libc_single_threaded;
  heap_fork_prepare();
  if (gate_close())
    jemalloc_fork_prepare();
  mapped_fork_prepare();
  pieces_fork_prepare();
  errno = saved;
}

static void fork_parent(void) {
  int saved = errno;
  pieces_fork_parent();
  mapped_fork_parent();
  if (gate_fork_owns_locks())
    jemalloc_fork_parent();
  if (gate_open_parent())
    large_free_deferred();
  heap_fork_parent();
  timeline_event(DUMP_EVENT_FORK, 0);
  os_signals_restore(&fork_signals);
  errno = saved;
}

/* With tags: the child's counts begin at zero, and locks that other threads held are released. */
static void restart_tags(bool recount) {
  capture_fork_child();
  capture_modules_fork_child();
  large_tags_fork_child();
  if (recount)
    large_tagged_fork_child_recount();
  peak_restart();
  for (unsigned i = 0; i < heap_count(); i++)
    books_restart(&heap_at(i)->books);
}

static void open_gate(void) {
  jemalloc_start_fork_child();
  if (gate_fork_owns_locks())
    jemalloc_fork_child();
  else
    huge_fork_child_unlocked();
  if (gate_open_child())
    large_free_deferred();
}

/* The caches of threads that are gone. */
static void check_caches(void) {
  for (unsigned i = 0; i < heap_count(); i++)
    if (!heap_is_mine(heap_at(i)))
      cache_fork_child(heap_at(i));
}

/* What other threads wrote into the record while its pieces were copied. */
static void show_again(void) {
  modules_fork_child_shown();
  path_fork_child_shown();
}

static void fork_child(void) {
  int saved = errno;
  bool copied = pieces_fork_child(); /* first: until then it writes into its parent's file */
  if (copied)
    show_again();
  mapped_fork_child(mapped_thread_fork_child());
  open_gate();
  if (setup_is_ready()) {
    heap_fork_child();
    check_caches();
  }
  if (tagged_mode != TAGGED_NONE)
    restart_tags(copied && beside_threads);
  large_counts_fork_child();
  figures_fork_child();
  purge_fork_child();
  exit_fork_child();
  report_fork_child();
  dump_fork_child();
  dump_at_fork_child();
  sites_fork_child();
  program_begins();
  record_fork_child();
  attach_fork_child();
  metrics_fork_child();
  os_signals_restore(&fork_signals);
  errno = saved;
}

void fork_setup(void) { pthread_atfork(fork_prepare, fork_parent, fork_child); }
