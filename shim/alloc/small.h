/* Small requests (n <= SMALL_MAX): a cell of the thread's own list, or the slow path.
 *
 *   heap_pop, else small_slow:   refill the list;  with tags capture, book and tag the cell
 *                                a sample, or refused: jemalloc (large.h)
 *
 * With all tags every small request takes small_slow, because heap_self then is an empty record
 * (heap_tag.h).
 *
 * Any thread; not in signal handlers beyond what malloc allows; outside the gate.  c is a size
 * class, `frame` the caller_frame of the entry that the program called.  A request returns a cell
 * of at least n bytes that the caller owns; NULL and ENOMEM if no allocator has memory.  errno is
 * kept otherwise.
 */
#ifndef SHIM_SMALL_H
#define SHIM_SMALL_H

#include "heap.h"
#include "thread_record.h"

/* A cell of class c when the thread's list is empty; jemalloc's where our heap refuses.  The order
 * of the arguments is that in which malloc has them in registers. */
hidden void *small_slow(size_t n, const void *frame, size_t c);

/* A request of class c that is due as a sample: tagged, from jemalloc.  h: the calling
 * thread's heap; alignment: a power of two. */
hidden void *small_sample(struct heap *h, unsigned c, size_t alignment, size_t n,
                          const void *frame);

/* With all tags: the small object p keeps its cell and has n bytes from now on; it counts as freed
 * and allocated again.  False: it is another thread's, and nothing has changed. */
hidden bool small_resize_tagged(void *p, size_t n, const void *frame);

/* Is the next request of class c a sample?  h: the calling thread's heap.  If this is a signal
 * handler that interrupted jemalloc, which a sample would need, the request after it is one. */
static inline bool sample_is_due_or_postponed(struct heap *h, size_t c) {
  if (likely(h->user_countdown[c] != 1))
    return false;
  if (record_of(h)->outside > 0)
    h->user_countdown[c] = 2;
  return h->user_countdown[c] == 1;
}

/* A cell of class c. */
static inline void *small_cell(size_t c, size_t n, const void *frame) {
  void *p = heap_pop(c);
  return likely(p != NULL) ? p : small_slow(n, frame, c);
}

/* As malloc, n <= SMALL_MAX. */
static inline void *small_alloc(size_t n, const void *frame) {
  return small_cell(class_of(n), n, frame);
}

#endif
