/* Small requests (n <= SMALL_MAX): a cell of the thread's own list, or the slow path.
 *
 *   heap_pop, else small_slow:   refill the list;  with tags capture, book and tag the cell
 *                                a sample, or refused: jemalloc (large.h)
 *
 * With all tags every small request takes small_slow, because heap_self then is an empty record
 * (heap_tag.h).
 */
#ifndef SHIM_SMALL_H
#define SHIM_SMALL_H

#include "heap.h"

/* n bytes in a cell of class c when the thread's list is empty; the arguments as malloc has them in
 * its registers.  NULL and ENOMEM if nobody has memory; errno is kept otherwise. */
hidden void *small_slow(size_t n, const void *frame, size_t c);

/* The request of class c that a list was cut for: tagged, from jemalloc. */
hidden void *small_sample(struct heap *h, unsigned c, size_t alignment, size_t n,
                          const void *frame);

/* A small object keeps its cell and gets n bytes: it counts as freed and allocated anew.  False:
 * it is not this thread's to change. */
hidden bool small_resize_tagged(void *p, size_t n, const void *frame);

/* Is the next request of class c a sample?  Not a handler's, while jemalloc is at work below it:
 * then the one after it is. */
static inline bool is_sample_due(struct heap *h, size_t c) {
  if (likely(h->cut[c] != 1))
    return false;
  if (h->outside > 0)
    h->cut[c] = 2;
  return h->cut[c] == 1;
}

static inline void *small_cell(size_t c, size_t n, const void *frame) {
  void *p = heap_pop(c);
  return likely(p != NULL) ? p : small_slow(n, frame, c);
}

static inline void *small_alloc(size_t n, const void *frame) {
  return small_cell(class_of(n), n, frame);
}

#endif
