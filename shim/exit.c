/* The process's end; contract in exit.h.
 *
 * _exit may be called in a signal handler, which interrupted this thread anywhere: inside jemalloc,
 * inside the loader, or in the middle of a report.  Where that is possible nothing is asked of
 * the first two (REPORT_AT_EXIT_CAREFULLY), and a report of this very thread stays unfinished.
 */
#include "exit.h"
#include "dump.h"
#include "entry.h"
#include "gate.h"
#include "report.h"
#include "start.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
  _Atomic pid_t process; /* whose end it is; 0: nothing is written */
  _Atomic bool begun;
} end;

static pid_t process_now(void) { return (pid_t)syscall(SYS_getpid); }

/* A handler runs with its signal blocked, unless it was installed to do without. */
static bool may_be_in_handler(void) {
  uint64_t blocked = 0;
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof blocked);
  return blocked != 0 || gate_is_inside();
}

static void write_both(enum report_reason reason) {
  int saved = errno;
  if (!atomic_exchange(&end.begun, true)) {
    if (start_options()->stats)
      report_write(reason, NULL);
    if (start_options()->dump)
      dump_write(reason, 0, NULL);
  }
  errno = saved;
}

void exit_write(void) {
  if (end.process != 0)
    write_both(REPORT_AT_EXIT);
}

/* Another thread may be at it: what it writes would be cut short. */
static void write_now(void) {
  if (end.process == 0 || end.process != process_now())
    return;
  write_both(may_be_in_handler() ? REPORT_AT_EXIT_CAREFULLY : REPORT_AT_EXIT);
  report_finish();
  dump_finish();
}

void exit_setup(void) {
  end.process = process_now();
  at_quick_exit(write_now);
}

void exit_forget(void) {
  if (end.process != 0)
    end.process = process_now();
  end.begun = false;
}

exported _Noreturn void _exit(int status) {
  write_now();
  for (;;)
    syscall(SYS_exit_group, status);
}

exported _Noreturn void _Exit(int status) { _exit(status); }
