/* jemalloc's fork handlers; contract in jemalloc.h. */
#include "jemalloc.h"

/* jemalloc registers its handlers at its first use, in the middle of somebody's malloc.  We keep
 * them and call them from ours, so that their order does not depend on who allocates first. */
typedef void fork_handler(void);
static fork_handler *before, *in_parent, *in_child;

int jemalloc_atfork(fork_handler *prepare, fork_handler *parent, fork_handler *child);
hidden int jemalloc_atfork(fork_handler *prepare, fork_handler *parent, fork_handler *child) {
  before = prepare;
  in_parent = parent;
  in_child = child;
  return 0;
}

void jemalloc_fork_prepare(void) {
  if (before != NULL)
    before();
}

void jemalloc_fork_parent(void) {
  if (in_parent != NULL)
    in_parent();
}

void jemalloc_fork_child(void) {
  if (in_child != NULL)
    in_child();
}
