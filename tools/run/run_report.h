/* What a user sees after a run: which processes there were, then the summary of the one that held
 * most.
 *
 *   process       pid  ended            peak      live  dump
 *   cc1         12347  exited         21.30M    11.20M  cc1.12347.dump
 *   gcc         12345  status 0        1200K        64  gcc.12345.dump
 *   and 3 more, smaller
 *   5 dumps: arenashim.gcc.12344/NAME.PID.dump
 *
 * One process that is done needs no table.  How a process ended is known of the program, of
 * orphans, and of what the dump itself says.
 */
#ifndef TOOLS_RUN_REPORT_H
#define TOOLS_RUN_REPORT_H

#include "run_child.h"
#include "run_dumps.h"
#include "run_tree.h"

struct run_result {
  const char *name; /* the program's, of run_name */
  const struct run_place *place;
  const struct child *child;
  struct dump_files dumps;
  struct survivors alive;
};

/* Prints it on stderr. */
void run_report(const struct run_result *r);

/* The table and the lines below it; nothing when one process has left one dump. */
void run_table(const struct run_result *r);

/* One line that says that the program left no dump, what is known of why, and what makes one. */
void run_say_no_dump(const struct run_result *r);

#endif
