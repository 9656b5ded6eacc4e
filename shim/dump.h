/* The dump: all that a report could say, in the format of dump_format.h, for the command.
 *
 * Needs no malloc, no stdio and no lock of ours; its scratch memory is mapped for the time it is
 * written.  One at a time: a second one waits, or (by signal) is not written.
 */
#ifndef SHIM_DUMP_H
#define SHIM_DUMP_H

#include "../arena/base.h"
#include "dump_format.h"

/* Writes it where the pattern says; NULL: where ARENASHIM_DUMP does.  `signal` is its number, for
 * DUMP_ON_SIGNAL.  0 or an error number, told in one line on stderr, but on call; EBUSY: another
 * is being written, or a report.  In a signal handler nothing is asked of the loader or of
 * jemalloc.
 */
hidden int dump_write(enum dump_reason reason, int signal, const char *pattern);

/* In the child of a fork: a dump that another thread was writing will not be finished. */
hidden void dump_forget(void);

/* As report_finish. */
hidden void dump_finish(void);

#endif
