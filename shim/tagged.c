/* Requests with tags; contract in tagged.h. */
#include "tagged.h"
#include "../arena/heap_tag.h"
#include "../arena/heap_thread.h"
#include "capture.h"
#include "entry.h"
#include "gate.h"
#include "large.h"
#include "large_tags.h"
#include "sampling.h"
#include "shelf.h"
#include "sites.h"

static __attribute__((noinline)) void *small_unusual(size_t n, const void *frame, size_t c,
                                                     uint32_t site) {
  void *p = heap_alloc_tagged(heap_tagged_self, c, n, site);
  return likely(p != NULL) ? p : large_alloc_any(n, frame);
}

static __attribute__((noinline)) void *small_captured(size_t n, const void *frame, size_t c) {
  return small_unusual(n, frame, c, capture_site(heap_tagged_self, frame));
}

/* Paths of one frame, seen for the first time or after something changed. */
static __attribute__((noinline)) void *small_by_new_site(size_t n, const void *frame, size_t c) {
  struct heap *h = heap_tagged_self;
  uint32_t site = capture_site(h, frame);
  struct account *a = account_of(&h->books, site);
  if (a != NULL && site >= SITE_KINDS)
    capture_remember(capture_of(h), frame, a);
  return small_unusual(n, frame, c, site);
}

/* These two call nothing on their straight paths, so that they save no register there. */
static inline void *small_by_site(size_t n, const void *frame, size_t c) {
  struct heap *h = heap_tagged_self;
  const struct first *first = capture_first(capture_of(h), frame);
  if (unlikely(first == NULL))
    return small_by_new_site(n, frame, c);
  uint32_t site = atomic_load_explicit(&first->node->site, memory_order_relaxed);
  void *p = heap_alloc_booked(h, c, n, site, first->account);
  return likely(p != NULL) ? p : small_unusual(n, frame, c, site);
}

static __attribute__((noinline)) void *small_by_stack(size_t n, const void *frame, size_t c) {
  struct heap *h = heap_tagged_self;
  uint32_t site = capture_quick(capture_of(h), frame);
  if (unlikely(site == SITE_NONE))
    return small_captured(n, frame, c);
  void *p = heap_alloc_tagged_quick(h, c, n, site);
  return likely(p != NULL) ? p : small_unusual(n, frame, c, site);
}

void *tagged_small_late(size_t n, const void *frame, size_t c) {
  uint64_t signals;
  struct heap *h = heap_borrow(&signals);
  if (h == NULL)
    return NULL;
  void *p = heap_alloc_tagged(h, c, n, capture_site(h, frame));
  heap_return(h, &signals);
  return p;
}

bool tagged_resize(void *p, size_t n, const void *frame) {
  struct heap *h = heap_mine();
  return h != NULL && heap_resize_tagged(p, n, capture_site(h, frame));
}

hidden enum tagged_mode tagged_mode;
hidden _Atomic bool tagged_large_partial;

static bool tagged_open(struct heap *h) {
  bool first = h->user == NULL;
  if (!books_open(&h->books) || !capture_open(h))
    return false;
  if (first && sampling_period != 0)
    sampling_open(h);
  return true;
}

void tagged_setup(size_t sample_bytes) {
  sampling_period = sample_bytes;
  tagged_mode = sample_bytes != 0 ? TAGGED_SAMPLES : TAGGED_ALL;
  heap_opened = tagged_open;
}

uint32_t tagged_sampled_site(struct heap *h, size_t n, const void *frame) {
  return h != NULL && sampling_takes(h, n) ? tagged_site(h, frame) : SITE_NONE;
}

uint32_t tagged_site(struct heap *h, const void *frame) {
  if (h == NULL)
    return SITE_NONE;
  uint32_t site = capture_quick(capture_of(h), frame);
  return likely(site != SITE_NONE) ? site : capture_site(h, frame);
}

/* What each object takes up that a sample of n bytes, not from a cell of ours, stands for: one of
 * up to a page has that for itself, where others have their size class.  0: what it takes up
 * itself. */
static size_t class_stood_for(size_t n) {
  if (sampling_period == 0 || n > SHELF_MOST)
    return 0;
  return n <= SMALL_MAX ? class_bytes((unsigned)class_of(n + (n == 0)))
                        : shelf_object_bytes(shelf_class(n));
}

static size_t held_bytes(const struct large_tag *t) {
  return t->cell != 0 ? t->cell : jep_malloc_usable_size((void *)t->p);
}

static uint32_t weight_of(struct heap *h, size_t bytes) {
  return sampling_period == 0 ? 1 : sampling_weight(h, bytes);
}

/* An object without a tag (no memory for one) is in no account: only counted.  From then on one
 * that is freed without may be such a one. */
static bool put_or_lose(const struct large_tag *t) {
  bool done = large_tags_put(t);
  if (!done)
    tagged_large_partial = true;
  return done;
}

static void put(struct heap *h, struct large_tag t) {
  uint32_t site = t.site;
  struct account *a = account_or_full(&h->books, &site);
  size_t n = t.bytes, held = held_bytes(&t);
  t.site = site;
  t.arena = heap_number(h);
  if (!put_or_lose(&t)) {
    capture_of(h)->counts.untagged++;
    return;
  }
  heap_collect_at_peak(h, a, n * t.weight);
  account_add_large(&h->books, a, n, held, t.weight);
  h->books.last = (const void *)t.p;
}

void tagged_large_put(struct heap *h, void *p, size_t n, uint32_t site, size_t cell) {
  if (site == SITE_NONE) { /* of a thread without a heap: in no account, but known to be alive */
    put_or_lose(&(struct large_tag){.p = (uintptr_t)p, .bytes = n});
    return;
  }
  put(h, (struct large_tag){.p = (uintptr_t)p,
                            .bytes = n,
                            .cell = cell != 0 ? cell : class_stood_for(n),
                            .ours = cell != 0,
                            .site = site,
                            .weight = weight_of(h, cell != 0 ? cell : n)});
}

/* What was allocated between a sample and its free is not known, so no sample counts as
 * temporary: reports with samples leave that out. */
static void take_own(struct heap *h, const struct large_tag *t, size_t held) {
  struct account *a = account_of(&h->books, t->site);
  a->temporary += sampling_period == 0 && h->books.last == (const void *)t->p;
  account_take_large(&h->books, a, t->bytes, held, t->weight);
}

/* Another arena's: its account is told at once, the process's live bytes by us. */
static void take_foreign(struct heap *h, const struct large_tag *t, size_t held) {
  size_t n = t->bytes;
  account_gone(account_of(&heap_at(t->arena)->books, t->site), n, held, t->weight);
  if (h != NULL)
    books_shift(&h->books, (int64_t)(n * t->weight));
  else
    peak_tell(-(int64_t)(n * t->weight));
}

static void take(struct heap *h, const struct large_tag *t, size_t held) {
  if (t->site == SITE_NONE)
    return;
  (h != NULL && t->arena == heap_number(h) ? take_own : take_foreign)(h, t, held);
}

bool tagged_large_lift(const void *p, struct large_tag *before) {
  return large_tags_take(p, before) || tagged_mode != TAGGED_ALL || tagged_large_partial;
}

bool tagged_large_take(struct heap *h, const void *p) {
  struct large_tag t = {0};
  bool alive = tagged_large_lift(p, &t);
  if (t.p != 0)
    take(h, &t, held_bytes(&t));
  return alive;
}

void *tagged_small(size_t n, const void *frame, size_t c) {
  return capture_mode.depth == 1 ? small_by_site(n, frame, c) : small_by_stack(n, frame, c);
}

/* The request that a list was cut for. */
void *tagged_sample(struct heap *h, unsigned c, size_t alignment, size_t n, const void *frame) {
  sampling_next(h, c);
  return large_alloc_sample(alignment, n, class_bytes(c), frame);
}

/* What an object that may have another size by now was counted with. */
static size_t held_before(const struct large_tag *t, size_t held) {
  return t->cell != 0 ? t->cell : held;
}

void tagged_large_moved(struct heap *h, const struct large_tag *before, size_t held, void *to,
                        size_t n, uint32_t site) {
  if (to == NULL) {
    put_or_lose(before); /* there was room for it a moment ago */
    return;
  }
  take(h, before, held_before(before, held));
  if (site != SITE_NONE || tagged_mode == TAGGED_ALL)
    tagged_large_put(h, to, n, site, 0);
}

void tagged_large_stayed(struct heap *h, const struct large_tag *before, size_t held, size_t n,
                         uint32_t site) {
  struct large_tag t = *before;
  take(h, before, held_before(before, held));
  t.bytes = n;
  t.site = site;
  put(h, t);
}

/* Has a sample's cell room for n bytes, and would an object in such a cell keep it? */
static bool has_suiting_cell(struct heap *h, const void *p, size_t n) {
  struct large_tag t;
  if (!gate_enter(h))
    return false;
  bool found = large_tags_get(p, &t);
  gate_leave(h);
  return found && t.ours && n <= t.cell && cell_suits(t.cell, n);
}

bool tagged_sample_stays(void *p, size_t n, const void *frame) {
  struct heap *h = heap_mine();
  struct large_tag t;
  if (h == NULL || large_kind(p) != LARGE_PLAIN || !has_suiting_cell(h, p, n))
    return false;
  uint32_t site = tagged_site(h, frame);
  if (!gate_enter(h))
    return false;
  if (large_tags_take(p, &t))
    tagged_large_stayed(h, &t, t.cell, n, site);
  gate_leave(h);
  return true;
}

void tagged_fork_child(void) {
  capture_fork_child();
  sites_forget();
  large_tags_forget();
  peak_restart();
  for (unsigned i = 0; i < heap_count(); i++)
    books_restart(&heap_at(i)->books);
}
