/* The handler for SIGBUS; contract in record_lost.h. */
#include "record_lost.h"
#include "os.h"
#include "own_calls.h"
#include "pieces.h"

#include <errno.h>
#include <signal.h>

/* Threads that meet the end of the file while one makes the pieces private. */
enum { WAIT_MS = 1000 };
static _Atomic bool begun;

/* Makes the pieces private, once; another thread waits until its piece is.  The access is then
 * repeated. */
static void leave_file(uintptr_t address) {
  if (!atomic_exchange(&begun, true)) {
    pieces_leave_file(true);
    begun = false;
    return;
  }
  for (int i = 0; i < WAIT_MS && pieces_hold(address); i++)
    os_sleep_us(1000);
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
  int saved = errno;
  (void)context;
  if (info->si_code == BUS_ADRERR && pieces_hold((uintptr_t)info->si_addr))
    leave_file((uintptr_t)info->si_addr);
  else
    signal(number, SIG_DFL); /* the access is repeated, and ends the program */
  errno = saved;
}

void record_lost_setup(void) {
  struct sigaction now;
  if (sigaction(SIGBUS, NULL, &now) != 0 || now.sa_handler != SIG_DFL)
    return;
  struct sigaction ours = {.sa_sigaction = on_bus_error,
                           .sa_flags = SA_RESTART | SA_ONSTACK | SA_SIGINFO};
  sigfillset(&ours.sa_mask);
  sigaction(SIGBUS, &ours, NULL);
}
