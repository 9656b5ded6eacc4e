/* What `arenashim ps` prints of the processes that it found. */
#ifndef TOOLS_PS_ROWS_H
#define TOOLS_PS_ROWS_H

#include "container.h"
#include "dump.h"

#include <stdio.h>

struct ps_process {
  int pid; /* as it is seen from here: in another namespace its own is another */
  struct dump *dump;
  char container[CONTAINER_MAX]; /* "": none */
};

/* Each sorts them, those that hold most first, and prints a table, or a line of JSON each. */
void ps_table_print(struct ps_process *processes, size_t count, FILE *to);
void ps_lines_print(struct ps_process *processes, size_t count, FILE *to);

#endif
