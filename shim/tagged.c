/* Requests with tags; contract in tagged.h. */
#include "tagged.h"
#include "../arena/heap_tag.h"
#include "../arena/heap_thread.h"
#include "capture.h"
#include "entry.h"
#include "large.h"
#include "large_tags.h"

static __attribute__((noinline)) void *small_unusual(size_t c, size_t n, const void *frame,
                                                     uint32_t site) {
  void *p = heap_alloc_tagged(heap_tagged_self, c, n, site);
  return likely(p != NULL) ? p : large_alloc(n, frame);
}

static __attribute__((noinline)) void *small_captured(size_t c, size_t n, const void *frame) {
  return small_unusual(c, n, frame, capture_site(heap_tagged_self, frame));
}

/* Calls nothing on its straight path, so that it saves no register there. */
void *tagged_small(size_t c, size_t n, const void *frame) {
  struct heap *h = heap_tagged_self;
  uint32_t site = capture_quick(capture_of(h), frame);
  if (unlikely(site == SITE_NONE))
    return small_captured(c, n, frame);
  void *p = heap_alloc_tagged_quick(h, c, n, site);
  return likely(p != NULL) ? p : small_unusual(c, n, frame, site);
}

void *tagged_small_late(size_t c, size_t n, const void *frame) {
  struct heap *h = heap_borrow();
  if (h == NULL)
    return NULL;
  void *p = heap_alloc_tagged(h, c, n, capture_site(h, frame));
  heap_lend_back(h);
  return p;
}

bool tagged_resize(void *p, size_t n, const void *frame) {
  struct heap *h = heap_mine();
  return h != NULL && heap_resize_tagged(p, n, capture_site(h, frame));
}

uint32_t tagged_site(struct heap *h, const void *frame) {
  if (h == NULL)
    return SITE_NONE;
  uint32_t site = capture_quick(capture_of(h), frame);
  return likely(site != SITE_NONE) ? site : capture_site(h, frame);
}

static size_t held_bytes(const void *p) { return jep_malloc_usable_size((void *)p); }

/* An object without a tag (no memory for one) is in no account: only counted. */
void tagged_large_put(struct heap *h, void *p, size_t n, uint32_t site) {
  struct account *a = account_of(&h->books, site);
  if (a == NULL)
    a = account_of(&h->books, site = SITE_TABLE_FULL);
  struct large_tag t = {.p = (uintptr_t)p, .bytes = n, .site = site, .arena = heap_number(h)};
  if (!large_tags_put(&t)) {
    capture_of(h)->counts.untagged++;
    return;
  }
  account_add_large(&h->books, a, n, held_bytes(p));
  h->books.last = p;
}

static void take_own(struct heap *h, const struct large_tag *t, size_t held) {
  struct account *a = account_of(&h->books, t->site);
  a->temporary += h->books.last == (const void *)t->p;
  account_touch(&h->books, a);
  if (account_take(&h->books, a, t->bytes, held))
    books_tell(&h->books);
}

/* Another arena's: its account is told at once, the process's live bytes by us. */
static void take_foreign(struct heap *h, const struct large_tag *t, size_t held) {
  account_gone(account_of(&heap_at(t->arena)->books, t->site), t->bytes, held);
  if (h != NULL)
    books_shift(&h->books, (int64_t)t->bytes);
  else
    peak_tell(-(int64_t)t->bytes);
}

static void take(struct heap *h, const struct large_tag *t, size_t held) {
  (h != NULL && t->arena == heap_number(h) ? take_own : take_foreign)(h, t, held);
}

void tagged_large_take(struct heap *h, const void *p) {
  struct large_tag t;
  if (large_tags_take(p, &t))
    take(h, &t, held_bytes(p));
}

void tagged_large_moved(struct heap *h, const struct large_tag *before, size_t held, void *to,
                        size_t n, uint32_t site) {
  if (to == NULL) {
    large_tags_put(before); /* there was room for it a moment ago */
    return;
  }
  take(h, before, held);
  if (site != SITE_NONE)
    tagged_large_put(h, to, n, site);
}

void tagged_fork_child(void) {
  capture_fork_child();
  large_tags_forget();
  peak_restart();
  for (unsigned i = 0; i < heap_count(); i++)
    books_restart(&heap_at(i)->books);
}
