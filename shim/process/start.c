/* The library's constructor and destructor: what is done at the process's start and end.
 *
 * The first malloc came before, from the loader, and has set up the heaps (alloc/setup.h).  Here
 * follows what needs a working libc, in an order that matters: fork handlers before signal
 * handlers, and the files of reports before the signals that ask for reports.
 */
#include "attached.h"
#include "capture.h"
#include "children.h"
#include "dump_at.h"
#include "exit.h"
#include "figures.h"
#include "fork.h"
#include "fork_gate.h"
#include "invalid_pointer.h"
#include "large.h"
#include "libc_names.h"
#include "mapped_calls.h"
#include "metrics_at.h"
#include "modules.h"
#include "options.h"
#include "output_fds.h"
#include "program.h"
#include "program_path.h"
#include "purge_policy.h"
#include "record.h"
#include "record_lost.h"
#include "sandbox.h"
#include "setup.h"
#include "signals.h"
#include "sink.h"
#include "tag_mode.h"
#include "thread_state.h"

#include <errno.h>

/* Now and then, in slow paths. */
static void on_slow_path(size_t taken) {
  attach_look();
  record_note_amounts();
  record_tick();
  if (taken != 0 && options_dump_at(options_now()))
    dump_at_look(taken);
  if (options_now()->metrics)
    metrics_tick();
}

/* A report by signal cannot ask jemalloc for its figures, so they are remembered from now on. */
static void start_signals(void) {
  figures_remember_from_now();
  large_close_fast_path();
  signals_install(options_now());
}

static void start_reports(void) {
  const struct options *o = options_now();
  capture_prepare();
  if (tagged_mode != TAGGED_NONE)
    capture_setup(o->depth, o->tags == TAGS_VERIFY);
  else if (options_have_dumps(o) || o->record)
    modules_refresh(NULL);
  if (options_write_files(o)) {
    output_fds_remember(o);
    sink_check(o);
  }
  if (o->stats || o->dump || o->record || o->metrics)
    exit_setup();
  if (o->signals != 0)
    start_signals();
  if (options_dump_at(o))
    dump_at_setup();
}

/* Now, before the program can forbid the system calls that it makes.  And with an arena and a cache
 * for this thread: the tables and the first extent of its first request are 6 MiB of addresses,
 * which would leave hardly any of 8 MiB that a program may lock once it has called
 * mlockall(MCL_FUTURE). */
static void start_jemalloc(void) { thread_begin(); }

/* errno is kept: a program can rely on it being 0 at its start. */
__attribute__((constructor)) static void process_starts(int count, char **arguments) {
  int saved = errno;
  const struct options *o = options_now();
  setup_once();
  mapped_calls_setup();
  program_begins();
  sandbox_setup();
  libc_names_open();
  gate_setup();
  invalid_pointer_setup();
  fork_setup();
  start_jemalloc();
  if (!o->children)
    children_drop_shim();
  program_read_arguments(count, arguments, o->command);
  if (!o->disabled) {
    program_path_read(); /* for a dump by call, too */
    start_reports();
    record_setup();
    if (o->record)
      record_lost_setup();
    purge_taken_hook = on_slow_path;
  }
  errno = saved;
}

__attribute__((destructor)) static void process_ends(void) { exit_write(); }
