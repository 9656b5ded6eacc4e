/* The text report: every arena, the size classes, call sites, jemalloc's share, and a ledger that
 * adds up.
 *
 * Needs no malloc, no stdio and no lock of jemalloc's.  One report at a time, in space that exists
 * beforehand: a second one waits, or (by signal) is not written.
 */
#ifndef SHIM_REPORT_H
#define SHIM_REPORT_H

#include "base.h"
#include "dump_format.h"

/* Writes a report where the pattern says ("": stderr); NULL: where ARENASHIM_STATS says.  `signal`
 * is the signal's number, for DUMP_ON_SIGNAL.  Returns 0 or an errno value; EBUSY: a report or dump
 * is being written.  All errors but EBUSY are also printed in one line on stderr, except for
 * DUMP_ON_CALL.  Keeps
 * errno.  Any thread; in a signal handler with DUMP_ON_SIGNAL only: then jemalloc's figures are
 * those of the last refresh, and labelled so. */
hidden int report_write(enum dump_reason reason, int signal, const char *pattern);

/* In the child of a fork: a report that another thread was writing will not be finished. */
hidden void report_fork_child(void);

/* Before the process ends at once: waits about a second for a report of another thread.  A report
 * of this thread will not be finished, and leaves no file. */
hidden void report_finish(void);

/* Writes a report to a descriptor, for malloc_stats.  Writes nothing if another report or dump
 * takes more than 10 seconds.  Not in a signal handler. */
hidden void report_write_fd(int fd);

#endif
