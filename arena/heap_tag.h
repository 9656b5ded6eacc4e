/* malloc and free of tagged objects: the same heaps, slabs and lists, and the books kept.
 *
 * With tags heap_self stays at an empty record (heap_tagged) and the thread's heap stands in
 * heap_tagged_self: malloc's straight path finds no cell and free's no owner, so that both come
 * here by themselves and nothing is tested when there are no tags.
 */
#ifndef ARENA_HEAP_TAG_H
#define ARENA_HEAP_TAG_H

#include "account.h"
#include "heap.h"

/* Writes the tag of a cell that heap_take_cell gave and enters it in the books. */
static inline void heap_tag_cell(struct heap *h, void *p, size_t n, uint32_t site,
                                 struct account *a) {
  const struct slab *s = slab_of(p);
  *tag_of(s, p) = tag_make(site, n);
  account_add_small(&h->books, a, n, slab_cell_bytes(s));
  h->books.last = p;
}

/* A tagged object of n bytes (0..SMALL_MAX) in a cell of class c; NULL if the system refuses
 * memory.  Keeps errno. */
static inline void *heap_alloc_tagged(struct heap *h, size_t c, size_t n, uint32_t site) {
  struct account *a = account_of(&h->books, site);
  if (unlikely(a == NULL))
    a = account_of(&h->books, site = SITE_TABLE_FULL);
  void *p = heap_take_cell(h, (unsigned)c + (c == 0));
  if (likely(p != NULL))
    heap_tag_cell(h, p, n, site, a);
  return p;
}

/* Frees a tagged object of the range, whoever owns it: heap_free_slow's part with tags. */
hidden void heap_free_tagged(void *p, struct slab *s, const char *entry, const void *site);

/* An object of the calling thread's own heap that keeps its cell gets another size and site, and
 * counts as freed and allocated.  False: it is another heap's. */
hidden bool heap_resize_tagged(void *p, size_t n, uint32_t site);

/* Takes the tags off cells of mail that the owner collects. */
hidden void heap_untag_mail(struct heap *h, const struct slab *s, const struct cell *chain,
                            unsigned n);

#endif
