/* A file that gets its name when it is whole: however the command dies, no part of it stays behind.
 *
 *   open   O_TMPFILE, a file without a name; where the file system has none, NAME.RANDOM.tmp, which
 *          exit and the signals that end the command remove (SIGKILL alone leaves it there)
 *   keep   takes the name, in place of the file that has it now
 */
#ifndef TOOLS_SCRATCH_H
#define TOOLS_SCRATCH_H

#include <stdbool.h>

struct scratch {
  int fd;     /* owned: write to a duplicate, and close that before scratch_keep */
  char *name; /* of the file until it is kept; NULL: it has none */
};

/* Makes the file that is to be at `path`; at most one at a time.  False, with errno: it can't be.
 */
bool scratch_open(struct scratch *s, const char *path);

/* Gives the file its name.  False, with errno: it could not be, and is gone. */
bool scratch_keep(struct scratch *s, const char *path);

/* Removes the file, unless it was kept.  May be called again. */
void scratch_drop(struct scratch *s);

#endif
