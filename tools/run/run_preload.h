/* What LD_PRELOAD is for the program: the shim, by a path that the loader takes, and others. */
#ifndef TOOLS_RUN_PRELOAD_H
#define TOOLS_RUN_PRELOAD_H

#include <stdbool.h>

struct run_preload {
  char *path;      /* what LD_PRELOAD is to name */
  char *directory; /* of a link that was made; NULL: none */
};

/* The loader cuts LD_PRELOAD at blanks and colons and replaces $ORIGIN, $LIB and $PLATFORM: a path
 * with such bytes gets a link of another name, in a new directory that only this user can write to.
 * False after one line when none can be made. */
bool run_preload_make(struct run_preload *p, const char *shim);

/* The value of LD_PRELOAD: that path, then what is preloaded already, without other copies of the
 * shim: two copies would share the program's memory, and each would leave a dump of its part.  The
 * caller frees it. */
char *run_preload_list(const struct run_preload *p);

/* Removes the link, if no process needs it any more: programs that live on start others. */
void run_preload_leave(struct run_preload *p, bool nobody_needs);

#endif
