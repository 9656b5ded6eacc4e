/* The process's end; contract in exit.h.
 *
 * _exit may be called in a signal handler, which interrupted this thread anywhere: inside jemalloc,
 * inside the loader, or in the middle of a report.  Where that is possible nothing is asked of
 * the first two (snapshot_carefully), and a report of this very thread stays unfinished.
 */
#include "exit.h"
#include "caller.h"
#include "dump.h"
#include "fork_gate.h"
#include "options.h"
#include "os.h"
#include "own_calls.h"
#include "report.h"
#include "sandbox.h"
#include "snapshot.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 }; /* for another thread that is writing the last report and dump */

static struct {
  _Atomic pid_t process; /* whose end it is; 0: nothing is written */
  _Atomic pid_t *owner;  /* the same in memory that is 0 in each fork's child; NULL: none */
  _Atomic bool begun, done;
  _Atomic(pthread_t) thread; /* that began */
} end;

static pid_t process_now(void) { return (pid_t)own_call(SYS_getpid); }

/* A handler runs with its signal blocked, unless it was installed to do without. */
static bool may_be_in_handler(void) {
  uint64_t blocked = 0;
  own_call(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof blocked);
  return blocked != 0 || gate_is_inside();
}

static void write_both(void) {
  int saved = errno;
  if (!atomic_exchange(&end.begun, true)) {
    end.thread = pthread_self();
    if (options_now()->stats)
      report_write(DUMP_AT_EXIT, 0, NULL);
    if (options_now()->dump)
      dump_write(DUMP_AT_EXIT, 0, NULL);
    end.done = true;
  }
  errno = saved;
}

/* What another thread is writing would be cut short.  If a handler interrupted it in this one, it
 * will not be finished. */
static void wait_until_done(void) {
  uint32_t since = os_now_ms();
  while (!end.done && !pthread_equal(end.thread, pthread_self()) &&
         os_now_ms() - since < PATIENCE_MS)
    os_sleep_us(1000);
  report_finish();
  dump_finish();
}

/* A sandbox may forbid even to look. */
static bool may_write(void) { return end.process != 0 && !sandbox_forbids_messages(); }

static bool is_ours_to_end(void) { return may_write() && end.process == process_now(); }

/* The child of a fork by a system call, which ran no handlers: its memory is its own, other than a
 * vfork's, but whatever another thread held is held for ever. */
static bool is_unknown_child(void) { return may_write() && end.owner != NULL && *end.owner == 0; }

static void end_now(bool carefully) {
  if (carefully)
    snapshot_carefully = true;
  write_both();
  wait_until_done();
}

void exit_write(void) {
  bool unknown = is_unknown_child();
  if (unknown)
    exit_forget();
  if (is_ours_to_end())
    end_now(gate_is_inside() || (unknown && !__libc_single_threaded)); /* exit in a handler, too */
}

static void write_now(void) {
  if (is_ours_to_end())
    end_now(may_be_in_handler());
}

static void set_process(void) {
  end.process = process_now();
  if (end.owner != NULL)
    *end.owner = end.process;
}

/* A page of the library's own, so that nothing is mapped for it: with nothing of the file in it, it
 * is anonymous memory, which alone can be wiped.  Kernels before 4.14 cannot. */
static void find_owner(void) {
  static _Alignas(PAGE_BYTES) char page[PAGE_BYTES];
  if (own_call(SYS_madvise, page, sizeof page, MADV_WIPEONFORK) == 0)
    end.owner = (void *)page;
}

void exit_setup(void) {
  find_owner();
  set_process();
  if (at_quick_exit(write_now) != 0)
    return; /* no memory: quick_exit writes nothing */
}

void exit_forget(void) {
  if (sandbox_forbids_messages())
    end.process = 0;
  else if (end.process != 0)
    set_process();
  end.begun = end.done = false;
  snapshot_carefully = false;
}

exported _Noreturn void _exit(int status) {
  write_now();
  for (;;)
    own_call(SYS_exit_group, status);
}

exported _Noreturn void _Exit(int status) { _exit(status); }
