/* Waits for the announced signal; contract in signal_next.h. */
#include "signal_next.h"
#include "options.h"
#include "os.h"

#include <errno.h>
#include <unistd.h>

enum { PATIENCE_MS = 100 };

void signal_next_wait(const siginfo_t *info) {
  int saved = errno, number = info->si_value.sival_int;
  if (info->si_code != SI_QUEUE || info->si_pid != getppid() || number < 1 || number > SIGNAL_MAX)
    return;
  sigset_t pending;
  for (int i = 0; i < PATIENCE_MS; i++) {
    if (sigpending(&pending) != 0 || sigismember(&pending, number))
      break;
    os_sleep_us(1000);
  }
  errno = saved;
}
