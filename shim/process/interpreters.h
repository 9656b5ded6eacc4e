/* Interpreters that install a handler at their start only for a signal that has its default action:
 * if we had installed one, their programs would not get the exception that it raises.
 *
 *   Python   INT                     KeyboardInterrupt
 *   Ruby     INT, HUP, TERM, QUIT    Interrupt, SignalException, and so `ensure` and at_exit
 */
#ifndef SHIM_INTERPRETERS_H
#define SHIM_INTERPRETERS_H

#include "base.h"

/* Is the process such an interpreter, and will it install a handler for this signal?  In the
 * constructor. */
hidden bool interpreter_takes(int signal);

#endif
