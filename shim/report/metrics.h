/* The metrics: figures as text that Prometheus reads, in a file that is replaced each time
 * (ARENASHIM_METRICS; names and formats: metrics_format.h).
 *
 * The same lines as `arenashim metrics` prints of a dump of that moment, without call sites: these
 * have their names outside of the process only.
 *
 * Needs no malloc, no stdio and no lock of jemalloc's.  One thread writes at a time; a second one
 * goes on without.
 */
#ifndef SHIM_METRICS_H
#define SHIM_METRICS_H

#include "dump_format.h"

#include "base.h"

/* Writes the file.  DUMP_AT_EXIT: at the end; DUMP_AT_LIMIT: in the middle of a malloc or free,
 * with the thread's heap whole and outside of jemalloc, signals blocked.  Prints one line on stderr
 * if it can't be written, once in a process.  Keeps errno. */
hidden void metrics_write(enum dump_reason reason);

/* In the child of a fork: what another thread was writing will not be finished. */
hidden void metrics_reset_child(void);

/* Before the process ends at once: as dump_finish (dump.h). */
hidden void metrics_finish(void);

#endif
