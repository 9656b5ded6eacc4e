/* The text report: every arena, the size classes, jemalloc's share, and a ledger that adds up.
 *
 * Needs no malloc, no stdio and no lock: one fixed space is used by one report at a time, and
 * a second one that would start meanwhile is not written.
 */
#ifndef SHIM_REPORT_H
#define SHIM_REPORT_H

#include "../arena/base.h"

enum report_reason { REPORT_AT_EXIT, REPORT_ON_SIGNAL, REPORT_ON_CALL };

/* Writes it where ARENASHIM_STATS says (stderr if it says nothing).  On a signal nothing is
 * asked of jemalloc: its figures are those of the last refresh, and labelled. */
hidden void report_write(enum report_reason reason);

/* In the child of a fork: a report that another thread was writing will not be finished. */
hidden void report_forget(void);

/* The same to a descriptor: for malloc_stats. */
hidden void report_write_fd(int fd);

#endif
