/* malloc and free of tagged objects: the same heaps, slabs and lists, and the books kept.
 *
 * With tags heap_self stays at an empty record (heap_tagged) and the thread's heap stands in
 * heap_tagged_self: malloc's straight path finds no cell and free's no owner, so that both come
 * here by themselves and nothing is tested when there are no tags.
 */
#ifndef ARENA_HEAP_TAG_H
#define ARENA_HEAP_TAG_H

#include "heap_collect.h"
#include "heap_state.h"

/* Before n bytes more make a peak, of the account or of the arena, what others have freed is
 * booked, so that a peak is what lived at one time. */
static inline void heap_collect_at_peak(struct heap *h, const struct account *a, size_t n) {
  const struct books *b = &h->books;
  if (unlikely(inbox_waiting(&h->inbox)) &&
      (a->live_bytes + n > a->peak_bytes || b->live_bytes + (int64_t)n > b->peak_bytes))
    heap_collect(h);
}

/* A tagged object of n bytes (0..SMALL_MAX) in a cell of class c (0 for no bytes).  The quick form
 * calls nothing and gives NULL, having changed nothing, when anything is unusual: no list, no
 * account of the site yet, a first change in an epoch, a new size, a step of the process's live
 * bytes, mail that waits.  The other form's NULL says that the system refuses memory.  Both keep
 * errno. */
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
  *tag_place(h->current[c], p) = tag_make(site, n); /* a list is cut from the current slab */
  b->last = p;
  account_add(b, a, n, class_bytes((unsigned)c));
  return p;
}
static inline void *heap_alloc_tagged_quick(struct heap *h, size_t c, size_t n, uint32_t site) {
  struct account *chunk = h->books.index[site / ACCOUNT_CHUNK];
  return likely(chunk != NULL) ? heap_alloc_booked(h, c, n, site, chunk + site % ACCOUNT_CHUNK)
                               : NULL;
}

/* Frees a tagged object of the range, whoever owns it: heap_free_slow's part with tags. */
hidden void heap_free_tagged(void *p, struct slab *s, const char *entry, const void *site);

/* An object of the calling thread's own heap that keeps its cell gets another size and site, and
 * counts as freed and allocated.  False: it is another heap's. */
hidden bool heap_resize_tagged(void *p, size_t n, uint32_t site);

#endif
