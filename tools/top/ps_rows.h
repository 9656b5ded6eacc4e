/* What `arenashim ps` prints of the processes that it found. */
#ifndef TOOLS_PS_ROWS_H
#define TOOLS_PS_ROWS_H

#include "container.h"
#include "dump.h"

#include <stdio.h>

struct ps_process {
  int pid;           /* as it is seen from here: in another namespace its own is another */
  struct dump *dump; /* NULL: it must not be read, or is of another version */
  char container[CONTAINER_MAX]; /* "": none */
  char *user, *cgroup;           /* NULL: not asked for */
};

/* Each sorts them, those that hold most first, and prints a table, or a line of JSON each.  The
 * table has columns for user and cgroup if the first process has them. */
void ps_table_print(struct ps_process *processes, size_t count, FILE *to);
void ps_lines_print(struct ps_process *processes, size_t count, FILE *to);

#endif
