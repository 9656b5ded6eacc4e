/* What the library does around a fork: its three handlers show the whole order on one screen. */
#ifndef SHIM_FORK_H
#define SHIM_FORK_H

#include "base.h"

/* Registers the handlers with pthread_atfork.  Once, in the constructor: handlers that the program
 * registers later run before our prepare handler and after the other two.  Without memory for the
 * registration forks have no handlers, as after a raw system call (exit.h). */
hidden void fork_setup(void);

#endif
