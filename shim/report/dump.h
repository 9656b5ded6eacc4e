/* The dump: all that a report could say, in the format of dump_format.h, for the command.
 *
 * Needs no malloc, no stdio and no lock of ours; its scratch memory is mapped for the time it is
 * written.  One at a time: a second one waits, or (by signal) is not written.
 */
#ifndef SHIM_DUMP_H
#define SHIM_DUMP_H

#include "base.h"
#include "dump_format.h"

/* Writes a dump where the pattern says; NULL: where ARENASHIM_DUMP does.  `signal` is the signal's
 * number, for DUMP_ON_SIGNAL.  Returns 0 or an errno value; EBUSY: a dump or report is being
 * written.  Errors are also reported in one line on stderr, except for DUMP_ON_CALL.  In a signal
 * handler nothing is asked of the loader or of jemalloc. */
hidden int dump_write(enum dump_reason reason, int signal, const char *pattern);

/* In the child of a fork: a dump that another thread was writing will not be finished. */
hidden void dump_forget(void);

/* Before the process ends at once: waits about a second for a dump of another thread; one of this
 * thread will not be finished, and leaves no file. */
hidden void dump_finish(void);

#endif
