/* Births that are kept, and lives that are counted.  Contract: heap_life.h. */
#include "heap_life.h"

static void draw_gap(struct books *b) {
  b->until = life_gap(books_life(b), b->timed_at);
  b->timed_at += b->until;
}

/* The counts come first: where there is no room for them, the birth is not worth keeping. */
static bool keep(struct books *b, uint32_t site, const void *p) {
  return life_counts_make(books_life(b), site, b->arena, &b->bytes) &&
         life_begin(books_life(b), p, books_now(b), &b->bytes);
}

void *heap_keep_birth(struct heap *h, void *p) {
  struct books *b = &h->books;
  tag_t *tag = tag_place(slab_of(p), p);
  if (keep(b, tag_site(*tag), p))
    *tag |= TAG_TIMED | TAG_UNUSUAL;
  draw_gap(b);
  return p;
}

bool heap_count_large_birth(struct heap *h, uint32_t site, const void *p) {
  struct books *b = &h->books;
  if (likely(--b->until != 0))
    return false;
  bool kept = keep(b, site, p);
  draw_gap(b);
  return kept;
}

void heap_count_life(struct heap *h, uint32_t site, const void *p) {
  struct birth born;
  if (life_end(books_life(&h->books), p, &born))
    life_count(books_life(&h->books), site, life_class(books_now(&h->books) - born.at),
               born.weight);
}
