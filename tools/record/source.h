/* A process or a file whose books can be read again and again. */
#ifndef TOOLS_SOURCE_H
#define TOOLS_SOURCE_H

#include "dump.h"

struct source;

/* How the process of a source is, or how it ended. */
enum source_state {
  SOURCE_RUNNING,
  SOURCE_ENDED,
  SOURCE_KILLED,
  SOURCE_FILE /* a dump: it says itself at which moment it was made (when.h) */
};

/* Opens a process, by digits that are its id, or a file.  NULL: it can't be read; said why. */
struct source *source_open(const char *what);
void source_close(struct source *s);

/* The books as they are now, to be closed by dump_close.  NULL: the process has ended, or the file
 * is gone or can't be read; source_state then says how. */
struct dump *source_read(struct source *s);
enum source_state source_state(const struct source *s);

/* The ids of the processes under the shim that can be seen here, in an array that the caller frees;
 * returns how many. */
size_t source_pids(int **pids);

#endif
