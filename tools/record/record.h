/* A dump made of a process's books (memory.h), so that every command reads a record as it reads a
 * dump.  What a record does not have:
 *
 *   blocks, and what free cells are pinned   they need the tags of every cell, which are private
 *   regions                                  likewise
 *   another thread's latest operations       without tags: one list a size class and thread; and
 *                                            of a file, free cells of slabs that are in use, which
 *                                            count as live
 *
 * With tags accounts are exact to the operation.
 */
#ifndef TOOLS_RECORD_H
#define TOOLS_RECORD_H

#include "image.h"
#include "memory.h"

/* When the books were copied, and what is known of the process beside them. */
struct record_moment {
  enum dump_reason reason;
  uint32_t signal;   /* that ended it, with DUMP_AFTER_END; 0: none, or not known */
  bool replaced;     /* with DUMP_AFTER_END: by another program, by exec */
  uint64_t lived_ns; /* since it began */
  uint64_t resident; /* bytes; 0: not known */
  pid_t pid;         /* of a process that runs, whose pages may be looked at; 0: none */
};

/* The dump's file, to be freed; *bytes: how long it is. */
unsigned char *record_dump(const struct memory *m, const struct record_moment *moment,
                           size_t *bytes);

#endif
