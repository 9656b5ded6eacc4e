/* Reports by signal; contract in report_signal.h. */
#include "report_signal.h"
#include "../arena/os.h"
#include "asks.h"
#include "dump.h"
#include "report.h"
#include "start.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

bool report_signal_ends(int number) {
  return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT ||
         number == SIGXCPU || number == SIGXFSZ || number == SIGPWR;
}

/* `arenashim run` queues a signal with the number of another that it sends next, which the program
 * handles itself: it has to find the program where it was, for no code of it may run between the
 * two.  All signals are blocked here; errno is kept. */
static void wait_for(int number) {
  enum { PATIENCE_MS = 100 };
  uint64_t pending = 0;
  int saved = errno;
  for (int i = 0; i < PATIENCE_MS && number > 0 && number <= SIGNAL_MAX; i++) {
    if (syscall(SYS_rt_sigpending, &pending, sizeof pending) != 0 || pending >> (number - 1) & 1)
      break;
    os_sleep_us(1000);
  }
  errno = saved;
}

/* A signal that would have ended the program does so after the report. */
static void on_signal(int number, siginfo_t *info, void *context) {
  int saved = errno;
  (void)context;
  if (start_options()->stats || !start_options()->dump)
    report_write(REPORT_ON_SIGNAL, number, NULL);
  if (start_options()->dump)
    dump_write(DUMP_ON_SIGNAL, number, NULL);
  errno = saved;
  if (info->si_code == SI_QUEUE && info->si_pid == getppid())
    wait_for(info->si_value.sival_int);
  if (report_signal_ends(number)) {
    signal(number, SIG_DFL);
    raise(number); /* delivered when the handler returns and unblocks it */
  }
}

static void handler_install(int number) {
  struct sigaction now;
  if (asks_for(number))
    return;
  if (sigaction(number, NULL, &now) != 0 || now.sa_handler != SIG_DFL)
    return;
  struct sigaction ours = {.sa_sigaction = on_signal,
                           .sa_flags = SA_RESTART | SA_ONSTACK | SA_SIGINFO};
  sigfillset(&ours.sa_mask);
  sigaction(number, &ours, NULL);
}

void report_on_signals(const struct options *o) {
  for (int n = 1; n <= SIGNAL_MAX; n++)
    if (options_has_signal(o, n))
      handler_install(n);
}
