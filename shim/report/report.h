/* The text report: every arena, the size classes, jemalloc's share, and a ledger that adds up.
 *
 * Needs no malloc, no stdio and no lock: one fixed space is used by one report at a time; a second
 * one waits, or (by signal) is not written.
 */
#ifndef SHIM_REPORT_H
#define SHIM_REPORT_H

#include "base.h"
#include "dump_format.h"

/* Writes a report where the pattern says (""; stderr); NULL: where ARENASHIM_STATS does.  `signal`
 * is the signal's number, for DUMP_ON_SIGNAL.  Returns 0 or an errno value; EBUSY: a report or
 * dump is being written.  Errors are also reported in one line on stderr, except for a report by
 * call.  On a signal nothing is asked of jemalloc: its figures are those of the last refresh, and
 * labelled. */
hidden int report_write(enum dump_reason reason, int signal, const char *pattern);

/* In the child of a fork: a report that another thread was writing will not be finished. */
hidden void report_forget(void);

/* Before the process ends at once: waits about a second for a report of another thread; one of this
 * thread will not be finished, and leaves no file. */
hidden void report_finish(void);

/* Writes a report to a descriptor: for malloc_stats. */
hidden void report_write_fd(int fd);

#endif
