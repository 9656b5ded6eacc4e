/* At which moment of its process a dump was made: a snapshot is never shown as the end. */
#ifndef TOOLS_WHEN_H
#define TOOLS_WHEN_H

#include "dump.h"

/* Whether the process ran on after it. */
bool dump_is_snapshot(const struct dump *d);

/* "at exit", "on signal TERM, which ended it", "killed by SIGSEGV; from its record, last written
 * 3.1 s after the start", "snapshot on signal USR2, 6.2 s before the end", "snapshot at 91 % of the
 * limit of 200 MiB (its cgroup), 0.8 s before the end" or, when the end is not known, "snapshot by
 * a call of arenashim_dump, 3.1 s after the start", "the sums of 12 processes";
 * `end_ns` is when the process ended, counted from its start; 0: not known.  To be freed. */
char *dump_when(const struct dump *d, uint64_t end_ns);

#endif
