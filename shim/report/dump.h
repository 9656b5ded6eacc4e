/* The dump: all that a report could say, in the format of dump_format.h, for the command.
 *
 * Needs no malloc, no stdio and no lock of jemalloc's; its scratch memory is mapped for the time in
 * which it is written.  One dump at a time: a second one waits, or (by signal) is not written.
 */
#ifndef SHIM_DUMP_H
#define SHIM_DUMP_H

#include "base.h"
#include "memory_limits.h"

/* Writes a dump where the pattern says; NULL: where ARENASHIM_DUMP says.  `signal` is the signal's
 * number, for DUMP_ON_SIGNAL.  Returns 0 or an errno value; EBUSY: a dump or report is being
 * written. All errors but EBUSY are also printed in one line on stderr, except for
 * DUMP_ON_CALL.  Keeps errno.
 * Any thread; in a signal handler with DUMP_ON_SIGNAL only: then nothing is asked of the loader or
 * of jemalloc. */
hidden int dump_write(enum dump_reason reason, int signal, const char *pattern);

/* Does the same, and replaces a file that is there already. */
hidden int dump_replace(enum dump_reason reason, const char *pattern);

/* Writes a dump where the options say (options.h, dump_pattern), because a limit of memory is near:
 * *u says which, and how much of it is used; `untouched`: with memory in it that nobody has touched
 * yet.  In the middle of a malloc or free, with the thread's heap whole and outside of jemalloc:
 * nothing is asked of the loader or of jemalloc.  Signals blocked.  Not written if another dump or
 * report is being written.  Else as dump_write. */
hidden int dump_write_at_limit(const struct limit_use *u, bool untouched);

/* In the child of a fork: a dump that another thread was writing will not be finished. */
hidden void dump_fork_child(void);

/* Before the process ends at once: waits about a second for a dump of another thread.  A dump of
 * this thread will not be finished, and leaves no file. */
hidden void dump_finish(void);

#endif
