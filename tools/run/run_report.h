/* What a user sees after a run: which processes there were, then the summary of the one that held
 * most; of dumps that are named later the summary of all of them.
 *
 *   process       pid  ended             peak       live  dump
 *   cc1         12347  exited        20.3 MiB   10.7 MiB  cc1.12347.dump
 *   gcc         12345  status 0       1.17 MiB      64 B  gcc.12345.dump
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

#include <stdio.h>

struct run_result {
  FILE *to;
  const char
      *name; /* the program's, of run_name; NULL: nothing was run, the dumps are named ones */
  const struct run_place *place; /* NULL, as `child`, when nothing was run */
  const struct child *child;
  struct dump_files dumps;
  struct survivors alive;
  struct dump *sums; /* of named dumps of several processes, and how a shell is told of them; or */
  char *words;       /* NULL */
};

/* Prints it; false: the summary can't be made of its dump, said why not. */
bool run_report(const struct run_result *r);

/* The table and the lines below it; nothing when one process has left one dump. */
void run_table(const struct run_result *r);

/* One line that says that the program left no dump, what is known of why, and what makes one. */
void run_say_no_dump(const struct run_result *r);

#endif
