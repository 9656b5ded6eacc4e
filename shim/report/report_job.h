/* The writing of one kind of output, reports or dumps: one at a time, to where its pattern says.
 *
 * Any thread, signal handlers too; keeps errno unless it says more.
 */
#ifndef SHIM_REPORT_JOB_H
#define SHIM_REPORT_JOB_H

#include "dump_format.h"
#include "report_lock.h"
#include "sink.h"

struct report_job {
  struct report_lock lock;
  struct sink sink;
  const char *what; /* "report" or "dump", for messages */
};
#define REPORT_JOB(name)                                                                           \
  { .lock = REPORT_LOCK_FREE, .what = (name) }

/* Prints the line that says why nothing is written, unless the program asked by a call or a sandbox
 * forbids the line; returns `error`.  With the lock held. */
hidden int report_job_refuse(struct report_job *j, enum dump_reason reason, const char *pattern,
                             int error);

/* Writes by `write` as sink_write does.  With the lock held.  Returns 0 or an errno value. */
hidden int report_job_write(struct report_job *j, enum dump_reason reason, const char *pattern,
                            bool (*write)(struct sink *k, void *argument), void *argument);

/* In the child of a fork.  Returns true if this thread was not the one that writes: what another
 * thread was writing will not be finished.  Else what this thread goes on to write goes nowhere. */
hidden bool report_job_fork_child(struct report_job *j);

/* Before the process ends at once: waits about a second for another thread that writes.  What this
 * thread writes will not be finished, and leaves no file. */
hidden void report_job_finish(struct report_job *j);

#endif
