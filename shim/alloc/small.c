/* The slow path of small requests, untagged and tagged; contract in small.h. */
#include "small.h"
#include "capture.h"
#include "heap_life.h"
#include "heap_tag.h"
#include "heap_thread.h"
#include "large.h"
#include "large_tagged.h"
#include "sampling.h"
#include "setup.h"
#include "tag_mode.h"

/* ---- with tags ---- */

/* The call site is known: refills the list and makes the account, if that is needed; jemalloc where
 * our heap refuses. */
static __attribute__((noinline)) void *small_tagged_slow(size_t n, const void *frame, size_t c,
                                                         uint32_t site) {
  void *p = heap_alloc_tagged(heap_tagged_self, c, n, site);
  return likely(p != NULL) ? p : large_alloc_any(n, frame);
}

/* The call site has to be found by a walk of the stack. */
static __attribute__((noinline)) void *small_captured(size_t n, const void *frame, size_t c) {
  return small_tagged_slow(n, frame, c, capture_site(heap_tagged_self, frame));
}

/* A path of one frame, seen for the first time or after modules or accounts changed. */
static __attribute__((noinline)) void *small_by_new_site(size_t n, const void *frame, size_t c) {
  struct heap *h = heap_tagged_self;
  uint32_t site = capture_site(h, frame);
  struct account *a = account_of(&h->books, site);
  if (a != NULL && site >= SITE_KINDS)
    capture_remember(capture_of(h), frame, a);
  return small_tagged_slow(n, frame, c, site);
}

/* Neither of the next two calls a function on its fast path, so that no register is saved there. */
static inline void *small_by_site(size_t n, const void *frame, size_t c) {
  struct heap *h = heap_tagged_self;
  const struct root_entry *first = capture_root_entry(capture_of(h), frame);
  if (unlikely(first == NULL))
    return small_by_new_site(n, frame, c);
  uint32_t site = atomic_load_explicit(&first->node->site, memory_order_relaxed);
  void *p = heap_alloc_booked(h, c, n, site, first->account);
  return likely(p != NULL) ? heap_count_birth(h, p) : small_tagged_slow(n, frame, c, site);
}

static __attribute__((noinline)) void *small_by_stack(size_t n, const void *frame, size_t c) {
  struct heap *h = heap_tagged_self;
  uint32_t site = capture_quick(capture_of(h), frame);
  if (unlikely(site == SITE_NONE))
    return small_captured(n, frame, c);
  void *p = heap_alloc_tagged_quick(h, c, n, site);
  return likely(p != NULL) ? heap_count_birth(h, p) : small_tagged_slow(n, frame, c, site);
}

/* With all tags, in a thread that has a heap. */
static void *small_tagged(size_t n, const void *frame, size_t c) {
  return capture_mode.depth == 1 ? small_by_site(n, frame, c) : small_by_stack(n, frame, c);
}

/* For a thread whose end has begun; NULL if our heap has no memory. */
static void *small_tagged_late(size_t n, const void *frame, size_t c) {
  uint64_t signals;
  struct heap *h = heap_borrow(true, &signals);
  if (h == NULL)
    return NULL;
  void *p = heap_alloc_tagged(h, c, n, capture_site(h, frame));
  heap_return(h, &signals);
  return p;
}

bool small_resize_tagged(void *p, size_t n, const void *frame) {
  struct heap *h = heap_mine();
  return h != NULL && h->tagged && heap_resize_tagged(p, n, large_site(h, frame));
}

void *small_sample(struct heap *h, unsigned c, size_t alignment, size_t n, const void *frame) {
  sampling_next(h, c);
  return large_alloc_sample(alignment, n, class_bytes(c), frame);
}

/* ---- without ---- */

/* In a thread that has no tags; but it may go over to tags on the way, and NULL then means that. */
static void *small_plain(size_t n, const void *frame, size_t c) {
  bool late = heap_self == &heap_over && tagged_mode == TAGGED_ALL && !tagged_is_paused();
  return late ? small_tagged_late(n, frame, c) : heap_alloc_slow(c);
}

/* The process's or the thread's first request, which sets up what is missing; and one that cannot
 * have a cell, because there is no memory for the thread's heap or in it: jemalloc may have some.
 */
static cold void *small_refused(size_t n, const void *frame, size_t c) {
  void *p = NULL;
  if (setup_once() && (heap_self != &heap_none || heap_acquire() != NULL)) {
    if (heap_self != &heap_tagged)
      p = small_plain(n, frame, c);
    if (p == NULL && heap_self == &heap_tagged)
      return small_tagged(n, frame, c);
  }
  return p != NULL ? p : large_alloc_any(n, frame);
}

static __attribute__((noinline)) void *small_untagged(size_t n, const void *frame, size_t c) {
  struct heap *h = heap_self;
  void *p = NULL;
  if (unlikely(c == 0) && (p = heap_pop(1)) != NULL)
    return p; /* malloc(0) always comes here, and the list of class 1 need not be empty */
  if (unlikely(sample_is_due_or_postponed(h, c + (c == 0))))
    return small_sample(h, (unsigned)c + (c == 0), GRAIN, n, frame);
  if (likely(heap_is_real(h)))
    p = heap_refill(h, (unsigned)c + (c == 0));
  return likely(p != NULL) ? p : small_refused(n, frame, c);
}

void *small_slow(size_t n, const void *frame, size_t c) {
  return heap_self == &heap_tagged ? small_tagged(n, frame, c) : small_untagged(n, frame, c);
}
