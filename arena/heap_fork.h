/* Around a fork of the process, which takes no lock of ours.
 *
 * Keeps errno.  The child may run on a small stack. */
#ifndef ARENA_HEAP_FORK_H
#define ARENA_HEAP_FORK_H

#include "heap_state.h"

/* heap_fork_prepare: in the parent, before each fork.  heap_fork_child: in the child's only thread,
 * before it allocates.  It repairs what threads that are gone left half done; at worst it loses the
 * cells of one list.  Counts begin again: the objects that are alive count as allocations. */
hidden void heap_fork_prepare(void);
hidden void heap_fork_child(void);

#endif
