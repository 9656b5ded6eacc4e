/* Which requests get a tag when not all do: one in so many requested bytes, on average.
 *
 * Small: a heap's lists are cut so that they end where the next sample is due (heap.h, `cut`);
 * the request that finds its list empty then is the sample, and costs nothing in between.  For a
 * class with cells of s bytes the gaps are geometric with p = 1 - exp(-s/period), as if each byte
 * were picked with probability 1/period.  Large: the same with the size itself.
 *
 * A sample stands for 1/p requests.  That number is rounded up or down at random, so that sums are
 * unbiased; the object's tag has it, so that its free takes off what its request added.
 */
#ifndef SHIM_SAMPLING_H
#define SHIM_SAMPLING_H

#include "../arena/heap.h"

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
