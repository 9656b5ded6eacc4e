/* A signal that announces another.
 *
 * Before `arenashim run` passes on a signal that the program handles itself, it asks for a dump by
 * a signal of its own, queued with the number of the one to come.  That has to find the program
 * where it was: no code of it may run between the two.
 */
#ifndef SHIM_SIGNAL_NEXT_H
#define SHIM_SIGNAL_NEXT_H

#include "base.h"

#include <signal.h>

/* At the end of a handler that has all signals blocked: if our parent queued this one with
 * another's number, returns when that is pending, or after a tenth of a second.  errno is kept. */
hidden void signal_next_wait(const siginfo_t *info);

#endif
