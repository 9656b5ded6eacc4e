/* Another process's memory, copied so that looking changes nothing.
 *
 *   anonymous memory   |######|      |##|            |      #: was touched, and is copied
 *   the copy           |######|000000|##|000000000000|      what was never touched holds zeros
 *
 * A read from outside of a page that its process never touched maps the page of zeros there: from
 * then on the page shows as present, in the process's own dump too, although it is no memory, and
 * the page table grows.  So these are not read.  What belongs to a file is, as it has what others
 * wrote.
 */
#ifndef TOOLS_PROCESS_MEMORY_H
#define TOOLS_PROCESS_MEMORY_H

#include "process_pages.h"

#include <stddef.h>

struct process_memory {
  pid_t pid;
  struct process_pages pages;
  bool open; /* false: nothing is known of its pages, and all are read */
  struct process_range {
    uint64_t start, end;
  } * anonymous; /* in rising order; mappings that are made later are in none */
  size_t count;
};

/* Always usable, also if there is no such process: then process_memory_read fails.  One that is
 * zeros but for its pid reads whatever it is asked for. */
void process_memory_open(struct process_memory *m, pid_t pid);
void process_memory_close(struct process_memory *m);

/* How many bytes from `at` on, more than 0 and at most up to `end`, are alike: *untouched (they are
 * zeros), or worth a read.  at < end. */
uint64_t process_memory_run(struct process_memory *m, uint64_t at, uint64_t end, bool *untouched);

/* Copies bytes; false and errno if some of them cannot be read. */
bool process_memory_read(struct process_memory *m, uint64_t address, void *to, size_t bytes);

#endif
