/* How cells that other threads freed (mail.h) come back into their slabs, and into the books. */
#ifndef ARENA_HEAP_COLLECT_H
#define ARENA_HEAP_COLLECT_H

#include "heap_state.h"

/* The owner's: takes what other threads have freed back into its slabs. */
hidden void heap_collect(struct heap *h);

/* The owner's: the current slab s has no free cell, and some mail waits. */
hidden void heap_collect_for(struct heap *h, struct slab *s);

/* Takes the tag off a cell of mail, which its owner books now. */
hidden void heap_untag_mailed(struct heap *h, const struct slab *s, const void *cell);

#endif
