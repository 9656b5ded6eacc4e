/* A signal that announces another one.
 *
 * Before `arenashim run` passes on a signal that the program handles itself, it asks for a dump by
 * a signal of its own, queued with the number of the next one as its value.  The next signal must
 * find the program where it was: none of its code must run between the two.
 */
#ifndef SHIM_SIGNAL_NEXT_H
#define SHIM_SIGNAL_NEXT_H

#include "base.h"

#include <signal.h>

/* If this signal came from our parent process, queued with the number of another one: waits until
 * that one is pending, but at most 100 ms.  Called at the end of a signal handler, with all signals
 * blocked; errno is kept. */
hidden void signal_next_wait(const siginfo_t *info);

#endif
