/* A path to the shim that LD_PRELOAD takes. */
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

/* Removes the link, if no process needs it any more: programs that live on start others. */
void run_preload_leave(struct run_preload *p, bool nobody_needs);

#endif
