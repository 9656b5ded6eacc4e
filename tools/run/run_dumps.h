/* Which dumps are there after a run. */
#ifndef TOOLS_RUN_DUMPS_H
#define TOOLS_RUN_DUMPS_H

#include "run_child.h"
#include "run_facts.h"
#include "run_place.h"
#include "run_tree.h"

#include <stdbool.h>
#include <time.h>

/* Finds the dumps of the run: in its directory, and in $TMPDIR and /tmp, where the shim writes when
 * a process can't write into that (it has become another user).  There one is taken for the run's
 * only if it was written since `start`, names the run's pattern, and is a file of ours, or of
 * anybody when we are root.  Moves each to its place (run_place.h); one that can't be moved is
 * named where it is.  Records become dumps, or stay (run_records.h).  Largest peak first, and of
 * equal ones the later. */
struct dump_files dumps_collect(const struct run_place *p, const struct child *c,
                                const struct survivors *alive, time_t start);

/* The dumps that a user names, in the same order; none is moved, and none is `main`.  False after a
 * line about each that can't be read. */
bool dumps_read(struct dump_files *f, char *const paths[], size_t count);

void dumps_free(struct dump_files *f);

#endif
