/* A thread that gets tags while it runs: it has two heaps from then on.
 *
 *                       without tags            with tags               without again
 *   heap_self           the plain heap          heap_tagged             the plain heap
 *   heap_tagged_self    the plain heap          the tagged heap         the tagged heap
 *   requests            plain heap              tagged heap             plain heap
 *   frees               plain heap              slow path, by slab      fast; tagged ones slow
 *
 * So a slab's cells have tags, all of them and as long as any of them lives, or none ever has.  No
 * row of tags has to be filled for what is there already, and nothing has to be counted: what the
 * plain heap holds is what was requested before.  Each object that was tagged is booked when it is
 * freed, also when its thread has no tags any more, because its slab has another owner than
 * heap_self.  And the fast paths are the same before and after.
 *
 * The price: while there are tags, free cells of the plain heap wait.  Its lists go back when it is
 * put aside (heap_close_lists), so that slabs become empty as objects of before are freed, and the
 * thread looks at it now and then (heap_look_aside).
 *
 *   h->beside->beside = h, where h has one; both have the same thread
 *
 * For the calling thread; in slow paths, while no function of the heap is under way but one that is
 * about to end, or heap_refill, which looks (heap_was_left).  Not in signal handlers beyond what
 * malloc allows.  Functions keep errno.
 */
#ifndef ARENA_HEAP_PAIR_H
#define ARENA_HEAP_PAIR_H

#include "heap_state.h"

/* From now on the calling thread's requests are to be tagged (heap_tag.h).  Its heap is untagged,
 * and real.  False, and nothing changes: there is no memory, or no row of tags (range_add_tags). */
hidden bool heap_begin_tags(void);

/* The calling thread, which began tags, has its plain heap again. */
hidden void heap_end_tags(void);

/* Is it the plain heap of the calling thread, which has tags now? */
static inline bool heap_is_aside(const struct heap *h) {
  return heap_self == &heap_tagged && heap_tagged_self->beside == h;
}

/* Has the calling thread, which was in the middle of a request from h, put h aside? */
static inline bool heap_was_left(const struct heap *h) { return unlikely(heap_is_aside(h)); }

/* If h is the heap that serves the calling thread: collects the mail of the one beside it, if there
 * is one, and gives memory back; `now` is os_now_ms. */
hidden void heap_look_aside(struct heap *h, uint32_t now);

/* In the child of a fork: other threads' pairs are none any more. */
hidden void heap_pairs_fork_child(void);

#endif
