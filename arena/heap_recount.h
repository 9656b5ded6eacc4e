/* The books of the arenas, made again from the tags, in the child of a fork.
 *
 * The accounts lie in pieces of the record.  With a file these are copied before the fork
 * (pieces_fork_prepare), and other threads go on meanwhile: their accounts are older in the child
 * than all else that it has of them.  The tags of what is alive are the child's own memory and say
 * the same, so the accounts of the arenas that those threads had are counted again:
 *
 *   heap_recount_begin      accounts are empty; small objects are counted
 *   heap_recount_object     a large object, for each of them
 *   heap_recount_end        the process's live bytes are the sum of it all
 *
 * Objects that are alive count as allocated, as they do in each child (account.h); sizes that a
 * site has ever asked for stay known.  The books of the forking thread's own arena stay as they
 * are: they are as of the fork, and a signal handler may have interrupted a change to them.
 *
 * After heap_fork_child, in the child's only thread.  `sites`: call sites are numbered below it.
 */
#ifndef ARENA_HEAP_RECOUNT_H
#define ARENA_HEAP_RECOUNT_H

#include "heap_state.h"

hidden void heap_recount_begin(uint32_t sites);

/* `weight` objects of `bytes` requested bytes each, which hold `held` bytes each.  Nothing if the
 * arena is the thread's own. */
hidden void heap_recount_object(struct heap *h, uint32_t site, size_t bytes, size_t held,
                                uint32_t weight);

hidden void heap_recount_end(uint32_t sites);

#endif
