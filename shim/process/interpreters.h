/* Interpreters that ask at their start whether a signal has its default action, and take it over
 * only then: a handler of ours would cost their programs the exception that they make of it.
 *
 *   Python   INT                     KeyboardInterrupt
 *   Ruby     INT, HUP, TERM, QUIT    Interrupt, SignalException, and so `ensure` and at_exit
 */
#ifndef SHIM_INTERPRETERS_H
#define SHIM_INTERPRETERS_H

#include "base.h"

/* Whether the process is one of them, and would take over this signal, which ends it.  In the
 * constructor. */
hidden bool interpreter_takes(int signal);

#endif
