/* Writes the last report and dump; contract in exit.h.
 *
 * _exit can be called in a signal handler that interrupted this thread anywhere: inside jemalloc,
 * inside the loader, or while it wrote a report.  Where that is possible, jemalloc and the loader
 * are not asked for anything (snapshot_carefully), and a report that this thread was writing stays
 * unfinished.
 */
#include "exit.h"
#include "caller.h"
#include "dump.h"
#include "fork_gate.h"
#include "metrics.h"
#include "options.h"
#include "os.h"
#include "own_calls.h"
#include "record.h"
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

/* How long the end waits for another thread that is writing the last report and dump. */
enum { PATIENCE_MS = 10000 };

static struct {
  _Atomic pid_t process;     /* the process that writes at its end; 0: none does */
  _Atomic pid_t *owner;      /* a copy of it in memory that is 0 in each fork's child; NULL: none */
  _Atomic bool begun, done;  /* writing the last report and dump */
  _Atomic(pthread_t) thread; /* the thread that has begun */
} end;

static pid_t process_now(void) { return (pid_t)own_call(SYS_getpid); }

/* Could this be a signal handler?  It runs with its signal blocked, unless it was installed with
 * SA_NODEFER; in that case only a handler that interrupted jemalloc is noticed. */
static bool may_be_in_handler(void) {
  uint64_t blocked = 0;
  if (!sandbox_forbids_masks())
    own_call(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof blocked);
  return blocked != 0 || gate_is_inside();
}

/* Writes them if no thread has begun to. */
static void write_both(void) {
  int saved = errno;
  if (!atomic_exchange(&end.begun, true)) {
    end.thread = pthread_self();
    if (options_now()->stats)
      report_write(DUMP_AT_EXIT, 0, NULL);
    bool dumped = options_now()->dump && dump_write(DUMP_AT_EXIT, 0, NULL) == 0;
    record_end(DUMP_AT_EXIT, dumped);
    if (options_now()->metrics)
      metrics_write(DUMP_AT_EXIT);
    end.done = true;
  }
  errno = saved;
}

/* Waits for another thread that is writing, because the process's end would cut its file short.
 * What this thread was writing when a signal handler interrupted it stays unfinished. */
static void wait_until_done(void) {
  uint32_t since = os_now_ms();
  while (!end.done && !pthread_equal(end.thread, pthread_self()) &&
         os_now_ms() - since < PATIENCE_MS)
    os_sleep_us(1000);
  report_finish();
  dump_finish();
  metrics_finish();
}

/* Is a report or dump wanted at the end, and allowed?  A sandbox can end the process even for
 * getpid. */
static bool may_write(void) { return end.process != 0 && !sandbox_forbids_messages(); }

static bool is_ours_to_end(void) { return may_write() && end.process == process_now(); }

/* Is this the child of a fork that was made by a raw system call, so that no fork handlers ran?  It
 * has memory of its own, other than the child of a vfork, but locks that another thread held in the
 * parent are held for ever. */
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
    exit_fork_child();
  if (is_ours_to_end())
    end_now(gate_is_inside() ||
            (unknown && !__libc_single_threaded)); /* exit can be called in a handler, too */
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

/* Finds memory that the kernel wipes in the child of a fork: a page of the library, so that none is
 * mapped for it.  It stands in the zero-initialized part, which is anonymous memory; only such
 * memory can be wiped.  Kernels before 4.14 refuse. */
static void find_owner(void) {
  static _Alignas(PAGE_BYTES) char page[PAGE_BYTES];
  if (own_call(SYS_madvise, page, sizeof page, MADV_WIPEONFORK) == 0)
    end.owner = (void *)page;
}

void exit_setup(void) {
  find_owner();
  set_process();
  if (at_quick_exit(write_now) != 0)
    return; /* no memory: then quick_exit writes no report and no dump */
}

void exit_fork_child(void) {
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
