/* The handler for reports by signal; contract in signals.h. */
#include "signals.h"
#include "dump.h"
#include "interpreters.h"
#include "record.h"
#include "report.h"
#include "signal_names.h"
#include "signal_next.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* Writes the report and dump.  A signal that would have ended the program then does so. */
static void on_signal(int number, siginfo_t *info, void *context) {
  int saved = errno;
  (void)context;
  if (options_now()->stats || !options_now()->dump)
    report_write(DUMP_ON_SIGNAL, number, NULL);
  bool dumped = options_now()->dump && dump_write(DUMP_ON_SIGNAL, number, NULL) == 0;
  if (dumped && signal_ends_process(number))
    record_remove();
  errno = saved;
  if (signal_ends_process(number)) {
    signal(number, SIG_DFL);
    raise(number); /* delivered when the handler returns and unblocks it */
  }
  signal_next_wait(info);
}

/* Installs the handler, unless the program or its interpreter has one or will have one. */
static void handler_install(int number) {
  struct sigaction now;
  if (interpreter_takes(number))
    return;
  if (sigaction(number, NULL, &now) != 0 || now.sa_handler != SIG_DFL)
    return;
  struct sigaction ours = {.sa_sigaction = on_signal,
                           .sa_flags = SA_RESTART | SA_ONSTACK | SA_SIGINFO};
  sigfillset(&ours.sa_mask);
  sigaction(number, &ours, NULL);
}

void signals_install(const struct options *o) {
  for (int n = 1; n <= SIGNAL_MAX; n++)
    if (options_has_signal(o, n))
      handler_install(n);
}
