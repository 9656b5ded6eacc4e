/* The processes that live on when the program of a run has ended. */
#ifndef TOOLS_RUN_TREE_H
#define TOOLS_RUN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct survivor {
  pid_t pid;
  char *name; /* its program's, of run_name */
};

struct survivors {
  struct survivor *items;
  size_t count;
};

/* Descendants of this process that have a file of the shim's name mapped, so that a dump of theirs
 * is to come.  Those whose maps can't be read are left out.  This process is to be the subreaper
 * of them (run_child.h), or orphans are not found. */
struct survivors survivors_find(const char *shim);
void survivors_free(struct survivors *s);

/* Whether a process has a file of the shim's name mapped; false when that can't be read. */
bool process_has_shim(pid_t pid, const char *shim);

#endif
