/* The records of a run: what they become when it is over.
 *
 *   its process                        its record
 *   runs on                            stays: it can be read at any time
 *   wrote its last dump                goes: the dump has more
 *   became another program by exec     below RECORD_LEAST: goes; else becomes a dump
 *   was killed, or ended otherwise     becomes a dump, which says how it ended
 *
 * A dump is a tenth of the record's size, and has in it that the process has ended.
 */
#ifndef TOOLS_RUN_RECORDS_H
#define TOOLS_RUN_RECORDS_H

#include "run_child.h"
#include "run_facts.h"
#include "run_place.h"
#include "run_tree.h"

/* Bytes: a shell or env that only starts another program holds less. */
enum { RECORD_LEAST = 1 << 20 };

/* Does that with the records in the run's directory, and adds what they are now to *found, which
 * has all dumps of the run.  What can't be made into a dump stays a record. */
void records_settle(struct dump_files *found, const struct run_place *p, const struct child *c,
                    const struct survivors *alive);

#endif
