/* The dump: all that a report could say, in the format of dump_format.h, for the command.
 *
 * Needs no malloc, no stdio and no lock of ours; its scratch memory is mapped for the time it is
 * written.  One at a time: a second one that would start meanwhile is not written, but the one at
 * exit waits a moment.
 */
#ifndef SHIM_DUMP_H
#define SHIM_DUMP_H

#include "../arena/base.h"
#include "dump_format.h"

/* Writes it where ARENASHIM_DUMP says; `signal` is its number, for DUMP_ON_SIGNAL.  False if it
 * is not there afterwards: one line on stderr says why.  In a signal handler nothing is asked of
 * the loader or of jemalloc. */
hidden bool dump_write(enum dump_reason reason, int signal);

/* In the child of a fork: a dump that another thread was writing will not be finished. */
hidden void dump_forget(void);

#endif
