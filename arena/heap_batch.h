/* Frees for other heaps, gathered a few at a time so that a slab's mail is pushed once. */
#ifndef ARENA_HEAP_BATCH_H
#define ARENA_HEAP_BATCH_H

#include "heap.h"

/* Adds a cell of a slab that another heap owns; false if it was the last one added already. */
hidden bool heap_batch(struct heap *h, struct slab *s, struct cell *cell);

/* Sends everything gathered to its owners. */
hidden void heap_flush_batches(struct heap *h);

/* After a fork: repairs and sends what a gone thread had gathered. */
hidden void heap_salvage_batches(struct heap *h);

#endif
