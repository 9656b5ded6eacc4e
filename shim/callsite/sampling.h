/* Which requests get a tag when not all do: one in so many requested bytes, on average.
 *
 * Small: a heap's lists are cut so that they end where the next sample is due (heap.h, `cut`);
 * the request that finds its list empty then is the sample, and costs nothing in between.  For a
 * class with cells of s bytes the gaps are geometric with p = 1 - exp(-s/period), as if each byte
 * were picked with probability 1/period.  Large: the same with the size itself.
 *
 * A sample stands for w requests, w = 1/p rounded up or down at random so that its mean is 1/p; the
 * object's tag keeps w, so that its free takes off what its request added.
 *
 * Why sums are unbiased (Horvitz, Thompson 1952): whatever happens to an object happens to a sample
 * with probability p, and counts w times then: w * p = 1 on average.  That holds for every event
 * (request, resize, free) as long as p was fixed by the object's own size before anything happened
 * to it, so a life must not change from sampled to not sampled, or back, but by a new draw:
 *
 *   realloc in the cell    no draw, for the untagged objects draw nothing and are not even seen: a
 *                          sample stays one, with its w.  It must stay exactly when they would, so
 *                          its tag keeps the cell that they have: it has no cell itself.  It counts
 *                          as w frees at the old site and w requests of the new size at the new one
 *   realloc to another     a new object: drawn again with the p of the new cell, or of the new size
 *   cell, from or to       if that is large; and the old sample counts as freed.  Large ones are
 *   jemalloc, large        always drawn again, even where they stay
 *   xallocx                never draws, because a page of other objects can't have a sample: a
 *                          sample stays one, with its w
 *
 * Not estimated: temporary objects, for what is requested between a sample's request and its free
 * is not seen; waste, for nobody knows who else lives in the sample's slab.
 */
#ifndef SHIM_SAMPLING_H
#define SHIM_SAMPLING_H

#include "heap.h"

/* Bytes between samples, on average; 0: no sampling.  Set once, before the first heap is used. */
extern hidden size_t sampling_period;

/* Starts the countdowns of a heap. */
hidden void sampling_open(struct heap *h);

/* A sample of class c is due: draws when the next one will be. */
hidden void sampling_next(struct heap *h, unsigned c);

/* Is this large request a sample? */
hidden bool sampling_takes(struct heap *h, size_t n);

/* How many requests a sample of a size of n (small: of its cell) stands for: at least 1, at
 * most WEIGHT_MAX.  Draws. */
#define WEIGHT_MAX ((UINT32_C(1) << 29) - 1)
hidden uint32_t sampling_weight(struct heap *h, size_t n);

#endif
