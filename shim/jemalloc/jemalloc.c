/* jemalloc's fork handlers, kept for ours to call; contract in jemalloc.h. */
#include "jemalloc.h"
#include "extent_cache.h"
#include "huge.h"
#include "thread_state.h"

/* jemalloc registers its handlers at its first use, in the middle of a malloc.  We keep
 * them and call them from ours, so that their order does not depend on which thread allocates
 * first. */
typedef void fork_handler(void);
static fork_handler *before, *in_parent, *in_child;

/* What jemalloc calls in place of pthread_atfork (symbols.syms). */
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
  huge_fork_prepare();
}

void jemalloc_fork_parent(void) {
  huge_fork_end();
  if (in_parent != NULL)
    in_parent();
}

void jemalloc_fork_child(void) {
  huge_fork_end();
  if (in_child != NULL)
    in_child();
}

bool jemalloc_has_plain_objects(void) {
  return !jep_opt_zero && !jep_opt_prof && !je_opt_junk_alloc && !je_opt_junk_free;
}

void jemalloc_purge(void) {
  huge_purge(true);
  if (!jemalloc_start())
    return;
  extent_trim(true);
  jep_mallctl("thread.tcache.flush", NULL, NULL, NULL, 0); /* an error if there is none */
  jep_mallctl("arena." ALL_ARENAS ".purge", NULL, NULL, NULL, 0);
}
