/* malloc and free of tagged objects: the same heaps, slabs and lists, and the books are kept.
 *
 * With tags heap_self points to an empty record (heap_tagged) and the thread's heap is in
 * heap_tagged_self.  So malloc's fast path finds no cell and free's finds another owner, and both
 * come here without any test for tags on the fast paths.
 *
 * Sizes are bytes, 0..SMALL_MAX.  errno is kept; not from signal handlers.
 */
#ifndef ARENA_HEAP_TAG_H
#define ARENA_HEAP_TAG_H

#include "heap_collect.h"
#include "heap_state.h"

/* Before n more bytes would make a peak of the account or of the arena: counts what other threads
 * have freed, so that a peak is what was alive at one time.  Owner only. */
static inline void heap_collect_at_peak(struct heap *h, const struct account *a, size_t n) {
  const struct books *b = &h->books;
  if (unlikely(inbox_waiting(&h->inbox)) &&
      (a->live_bytes + n > a->peak_bytes || b->live_bytes + (int64_t)n > b->peak_bytes))
    heap_collect(h);
}

/* Opens the heap's books, which every tagged heap needs (books_open). */
hidden bool heap_open_books(struct heap *h);

/* A tagged object of n bytes from call site `site`, in a cell of class c (0: a request of no bytes)
 * of h, which is the calling thread's or borrowed.
 *
 * heap_alloc_tagged returns NULL if the system refuses memory.  heap_alloc_tagged_quick calls no
 * function, and returns NULL, having changed nothing, when anything is unusual: the list is empty,
 * the site has no account yet, or the account changes for the first time in an epoch, the size is
 * new, the process's live bytes are to be published, mail waits.  heap_alloc_booked does the same
 * for a caller that knows the account. */
hidden void *heap_alloc_tagged(struct heap *h, size_t c, size_t n, uint32_t site);
static inline void *heap_alloc_booked(struct heap *h, size_t c, size_t n, uint32_t site,
                                      struct account *a) {
  struct books *b = &h->books;
  struct cell *p = h->head[c];
  int64_t all = b->live_bytes + (int64_t)n;
  if (unlikely(p == NULL || !account_is_current(a) || !account_knows_size(a, n) ||
               all > b->publish_above || inbox_waiting(&h->inbox)))
    return NULL;
  h->head[c] = p->next;
  *tag_place(h->current[c], p) =
      tag_make(site, n); /* with tags every cell in a list is of the current slab */
  b->last = p;
  account_add_to(b, a, n, c * GRAIN, all);
  return p;
}
static inline void *heap_alloc_tagged_quick(struct heap *h, size_t c, size_t n, uint32_t site) {
  struct account *chunk = h->books.index[site / ACCOUNT_CHUNK];
  return likely(chunk != NULL) ? heap_alloc_booked(h, c, n, site, chunk + site % ACCOUNT_CHUNK)
                               : NULL;
}

/* Frees a tagged object, of whichever heap; p lies in the range, in slab s.  If it is no object,
 * ends the program with a message (fault.h) that names `entry` and `caller`.  Any thread. */
hidden void heap_free_tagged(void *p, struct slab *s, const char *entry, const void *caller);

/* Gives an object, which keeps its cell, another size and site; it counts as freed and allocated.
 * False, and nothing changes, if p is no object of the calling thread's heap. */
hidden bool heap_resize_tagged(void *p, size_t n, uint32_t site);

#endif
