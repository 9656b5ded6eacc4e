/* The record's file was cut short while the process runs.
 *
 * A page of a mapping that lies behind the end of its file cannot be used: the kernel sends SIGBUS,
 * which would end the program, because somebody else truncated a file that the program does not
 * know of.  So with a record's file, and only then, the signal is handled: all pieces become
 * private memory, filled with zeros, and the program goes on; the record is lost, and reports of
 * this process count from then on.
 *
 * Not if the program has a handler of its own, then or later: its handler gets the signal.  Any
 * other SIGBUS ends the program as it would have done.
 */
#ifndef SHIM_RECORD_LOST_H
#define SHIM_RECORD_LOST_H

#include "base.h"

/* Installs the handler if SIGBUS has the default action.  In the constructor, if a record's file is
 * wanted. */
hidden void record_lost_setup(void);

#endif
