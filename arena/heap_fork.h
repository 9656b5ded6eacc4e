/* Before and after a fork of the process; no heap is locked.
 *
 * Both keep errno, and run with all signals blocked.  The child may run on a small stack.
 */
#ifndef ARENA_HEAP_FORK_H
#define ARENA_HEAP_FORK_H

#include "heap_state.h"

/* Notes what the child has to know, and waits, a few seconds at most, for a visitor (heap_visit.h)
 * and for a thread that is growing the range (range_growth_stop).  In the parent, before each fork;
 * heap_fork_parent after it, also if it failed. */
hidden void heap_fork_prepare(void);
hidden void heap_fork_parent(void);

/* Repairs what threads that are gone left half done; at worst the cells of one list are lost.
 * Counts begin again: the objects that are alive count as allocations.  In the child's only thread,
 * before it allocates. */
hidden void heap_fork_child(void);

#endif
