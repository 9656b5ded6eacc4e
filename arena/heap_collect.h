/* How cells that other threads freed (mail.h) come back into their slabs, and into the books.
 *
 * For the thread that has the heap.  Nothing here can fail; errno is kept; not from signal
 * handlers.
 */
#ifndef ARENA_HEAP_COLLECT_H
#define ARENA_HEAP_COLLECT_H

#include "heap_state.h"

/* Takes what other threads have freed so far back into its slabs; slabs may become empty, and
 * memory may go back to the kernel. */
hidden void heap_collect(struct heap *h);

/* Does the same for one slab, s, which is current and has no free cell, and leaves one cell of its
 * mail (mail_take_most).  Only if s then still has no free cell: for all slabs. */
hidden void heap_collect_for(struct heap *h, struct slab *s);

/* Clears the tag of a cell that another thread freed, and counts the free in the books. */
hidden void heap_untag_mailed(struct heap *h, const struct slab *s, const void *cell);

#endif
