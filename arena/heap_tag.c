/* Tagged objects beyond the straight path; contract in heap_tag.h. */
#include "heap_tag.h"
#include "heap_batch.h"

const struct heap heap_tagged;
__thread struct heap *heap_tagged_self __attribute__((tls_model("initial-exec")));

static inline bool is_allocated(tag_t t) { return t != 0 && (t & TAG_MAILED) == 0; }

static inline void free_own(struct heap *h, struct slab *s, void *p, tag_t t, const char *entry,
                            const void *site) {
  struct account *a = account_of(&h->books, tag_site(t));
  a->temporary += h->books.last == p;
  account_take(&h->books, a, tag_bytes(t), slab_cell_bytes(s));
  ((struct cell *)p)->next = s->free;
  s->free = p;
  if (unlikely(--s->until == 0))
    heap_attend(p, s, entry, site);
}

static void tell_freed(struct heap *h, size_t bytes) {
  if (h != NULL)
    books_shift(&h->books, (int64_t)bytes);
  else
    peak_tell(-(int64_t)bytes);
}

/* Another heap's: the tag says mailed from now on, so that a second free shows at once. */
static bool free_foreign(struct heap *h, struct slab *s, void *p, tag_t *row) {
  if (s->owner == NULL)
    return false;
  tag_t t = __atomic_fetch_or(row, TAG_MAILED, __ATOMIC_RELAXED);
  if (!is_allocated(t))
    return false;
  tell_freed(h, tag_bytes(t));
  struct cell *cell = p;
  if (h != NULL)
    heap_batch(h, s, cell);
  else
    mail_post(s, &s->owner->inbox, cell, cell, 1);
  return true;
}

void heap_free_tagged(void *p, struct slab *s, const char *entry, const void *site) {
  struct heap *h = heap_mine();
  tag_t *row = tag_of(s, p);
  bool fine = row != NULL;
  if (likely(fine && s->owner == h && h != NULL)) {
    tag_t t = *row;
    fine = is_allocated(t);
    if (likely(fine)) {
      *row = 0;
      free_own(h, s, p, t, entry, SITE(site));
    }
  } else if (fine) {
    fine = free_foreign(h, s, p, row);
  }
  if (unlikely(!fine))
    fault_in_slab(s, entry, p, SITE(site));
}

bool heap_resize_tagged(void *p, size_t n, uint32_t site) {
  struct heap *h = heap_mine();
  struct slab *s = slab_of(p);
  tag_t *row = tag_of(s, p);
  if (s->owner != h || h == NULL || row == NULL || !is_allocated(*row))
    return false;
  struct books *b = &h->books;
  struct account *to = account_of(b, site);
  if (to == NULL)
    to = account_of(b, site = SITE_TABLE_FULL);
  account_take(b, account_of(b, tag_site(*row)), tag_bytes(*row), slab_cell_bytes(s));
  *row = tag_make(site, n);
  account_add_small(b, to, n, slab_cell_bytes(s));
  b->resized++;
  return true;
}

void heap_untag_mail(struct heap *h, const struct slab *s, const struct cell *chain, unsigned n) {
  for (; n > 0 && chain != NULL; n--, chain = chain->next) {
    tag_t *row = tag_of(s, chain);
    tag_t t = row != NULL ? *row : 0;
    if (t == 0) /* overwritten links: the list is checked where it is used */
      continue;
    *row = 0;
    account_take_mailed(&h->books, account_of(&h->books, tag_site(t)), tag_bytes(t),
                        slab_cell_bytes(s));
  }
}
