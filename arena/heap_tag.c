/* Tagged objects.  Contract: heap_tag.h. */
#include "heap_tag.h"
#include "fault.h"
#include "heap_life.h"
#include "heap_refill.h"
#include "heap_visit.h"

bool heap_open_books(struct heap *h) {
  h->books.arena = heap_number(h);
  h->books.shown_peak = &counts_of(h)->live_peak;
  return books_open(&h->books);
}

void *heap_alloc_tagged(struct heap *h, size_t c, size_t n, uint32_t site) {
  struct books *b = &h->books;
  struct account *a = account_or_full(b, &site);
  heap_collect_at_peak(h, a, n);
  struct cell *p = heap_take_cell(h, (unsigned)c + (c == 0));
  if (p == NULL)
    return NULL;
  const struct slab *s = slab_of(p);
  *tag_place(s, p) = tag_make(site, n);
  b->last = p;
  account_touch(b, a);
  if (!account_knows_size(a, n))
    account_widen(a, n);
  if (account_add(b, a, n, slab_cell_bytes(s)))
    books_publish(b);
  return heap_count_birth(h, p);
}

static void publish_freed(struct heap *h, size_t bytes) {
  if (h != NULL)
    books_shift(&h->books, (int64_t)bytes);
  else
    peak_publish(-(int64_t)bytes);
}

/* Frees an object of another heap; false if it is no object.  Its tag says mailed from now on, so
 * that a second free is recognized at once. */
static bool free_foreign(struct heap *h, struct slab *s, void *p, tag_t *row) {
  if (s->owner == NULL)
    return false;
  tag_t t = __atomic_fetch_or(row, TAG_MAILED | TAG_UNUSUAL, __ATOMIC_RELAXED);
  if (!tag_is_alive(t))
    return false;
  account_note_remote(account_of(&s->owner->books, tag_site(t)), tag_bytes(t), 1);
  publish_freed(h, tag_bytes(t));
  uint32_t cell = slab_cell_index(s, p);
  bool first = mail_put(s, &s->owner->inbox, cell);
  heap_visit_after_free(cell);
  return first;
}

/* What the fast path of heap_free_tagged leaves: another heap's object, one whose birth was kept,
 * an account's first change in an epoch, or a pointer that is no object. */
static __attribute__((noinline)) void free_unusual(void *p, struct slab *s, const char *entry,
                                                   const void *caller) {
  struct heap *h = heap_tagged_self;
  tag_t *row = tag_of(s, p);
  if (row != NULL && h != NULL && s->owner == h && tag_is_alive(*row)) {
    account_touch(&h->books, account_of(&h->books, tag_site(*row)));
    if (*row & TAG_TIMED)
      heap_count_life(h, tag_site(*row), p);
    *row &= ~(TAG_TIMED | TAG_UNUSUAL);
    heap_free_tagged(p, s, entry, CALLER(caller));
    return;
  }
  if (row == NULL || s->owner == h || !free_foreign(h, s, p, row))
    fault_in_slab(s, entry, p, CALLER(caller));
}

/* The slab's countdown has ended, or the fall of live bytes is to be published. */
static __attribute__((noinline)) void free_on_countdown(void *p, struct slab *s, const char *entry,
                                                        const void *caller) {
  books_publish(&s->owner->books);
  if (s->countdown == 0)
    heap_on_countdown(p, s, entry, CALLER(caller));
}

/* Calls nothing on its fast path, so that it saves no register there. */
void heap_free_tagged(void *p, struct slab *s, const char *entry, const void *caller) {
  struct heap *h = heap_tagged_self;
  tag_t *row;
  if (unlikely(!tag_find(s, p, &row) || s->owner != h || !tag_is_plain(*row))) {
    free_unusual(p, s, entry, caller);
    return;
  }
  tag_t t = *row;
  struct books *b = &h->books;
  struct account *a =
      b->index[tag_plain_site(t) / ACCOUNT_CHUNK] + tag_plain_site(t) % ACCOUNT_CHUNK;
  if (!account_is_current(a)) {
    free_unusual(p, s, entry, caller);
    return;
  }
  *row = 0;
  a->temporary += b->last == p;
  struct cell **freed_to = s->freed_to;
  ((struct cell *)p)->next = *freed_to;
  *freed_to = p;
  if (account_take(b, a, tag_bytes(t), slab_cell_bytes(s))) {
    s->countdown--;
    free_on_countdown(p, s, entry, caller);
  } else if (unlikely(--s->countdown == 0)) {
    free_on_countdown(p, s, entry, caller);
  }
}

bool heap_resize_tagged(void *p, size_t n, uint32_t site) {
  struct heap *h = heap_mine();
  struct slab *s = slab_of(p);
  tag_t *row = tag_of(s, p);
  if (s->owner != h || h == NULL || row == NULL || !tag_is_alive(*row))
    return false;
  struct books *b = &h->books;
  struct account *to = account_or_full(b, &site);
  struct account *from = account_of(b, tag_site(*row));
  account_touch(b, from);
  if (*row & TAG_TIMED)
    heap_count_life(h, tag_site(*row), p);
  account_take(b, from, tag_bytes(*row), slab_cell_bytes(s));
  *row = tag_make(site, n);
  heap_collect_at_peak(h, to, n);
  account_touch(b, to);
  if (!account_knows_size(to, n))
    account_widen(to, n);
  account_add(b, to, n, slab_cell_bytes(s));
  books_publish(b);
  b->resized++;
  heap_count_birth(h, p);
  return true;
}
