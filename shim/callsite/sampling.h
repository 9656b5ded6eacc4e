/* Which requests get a tag when not all do: on average one for each `period` requested bytes.
 *
 * Small requests: a heap's lists of free cells are cut so that they end where the next sample is
 * due (user_countdown in heap_state.h; heap_refill.c); the request that finds its list empty then
 * is the sample, and the others cost nothing.  For a class with cells of s bytes the gaps are
 * geometric with p = 1 - exp(-s/period), as if each byte were picked with probability 1/period.
 * Large requests: the same with the size itself.
 *
 * A sample represents w requests: w is 1/p, rounded up or down at random so that its mean is 1/p.
 * The object's tag keeps w, so that its free subtracts what its request added.
 *
 * Why sums are unbiased (Horvitz, Thompson 1952): whatever happens to an object happens to a sample
 * with probability p, and counts w times then: w * p = 1 on average.  That holds for every event
 * (request, resize, free) as long as p was fixed by the object's own size before anything happened
 * to it.  So an object must not change from sampled to not sampled, or back, but by a new draw:
 *
 *   realloc in the cell    no draw, because an untagged object that stays in its cell is not seen
 *                          here: a sample stays one, with its w.  A sample has no cell, but must
 *                          stay exactly when an untagged object would, so its tag keeps the size of
 *                          that object's cell.  It counts as w frees at the old site and w requests
 *                          of the new size at the new one
 *   realloc to another     a new object: drawn again with the p of the new cell, or of the new size
 *   cell, from or to       if that is large; and the old sample counts as freed.  Large objects are
 *   jemalloc, large        always drawn again, even if they are not moved
 *   xallocx                never draws, because a page of other objects can't have a sample: a
 *                          sample stays one, with its w
 *
 * Not estimated: temporary objects, because what is requested between a sample's request and its
 * free is not seen; waste, because it is not known what other objects are in the sample's slab.
 *
 * All functions but the setting of the period are for the thread that has h.
 */
#ifndef SHIM_SAMPLING_H
#define SHIM_SAMPLING_H

#include "heap.h"

/* Bytes between samples, on average; 0: no sampling.  Set before the first heap is used, or by
 * tagged_attach; read by every thread. */
extern hidden size_t sampling_period;

/* Starts the countdowns of a heap: seeds its random numbers, and draws when its first samples will
 * be due. */
hidden void sampling_open(struct heap *h);

/* The heap takes no more samples. */
hidden void sampling_close(struct heap *h);

/* A sample of class c (1..CLASSES) is being taken: draws when the next one will be due. */
hidden void sampling_next(struct heap *h, unsigned c);

/* Is this large request of n bytes a sample?  Counts it either way. */
hidden bool sampling_takes(struct heap *h, size_t n);

/* How many requests a sample of n bytes (small: the size of its cell) represents: 1..WEIGHT_MAX.
 * Draws a random number. */
#define WEIGHT_MAX ((UINT32_C(1) << 29) - 1)
hidden uint32_t sampling_weight(struct heap *h, size_t n);

#endif
