/* Around a fork of the process. */
#ifndef ARENA_HEAP_FORK_H
#define ARENA_HEAP_FORK_H

#include "heap_state.h"

/* Around fork: in the parent before, in the child's only thread after.  No lock is taken.
 * What gone threads left half done is put right; counts start again, the objects alive at the
 * fork counting as allocations. */
hidden void heap_fork_prepare(void);
hidden void heap_fork_child(void);

#endif
