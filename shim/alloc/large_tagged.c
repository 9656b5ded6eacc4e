/* Tagging and booking jemalloc's objects; contract in large_tagged.h. */
#include "large_tagged.h"
#include "capture.h"
#include "heap_life.h"
#include "heap_recount.h"
#include "heap_tag.h"
#include "huge.h"
#include "jemalloc.h"
#include "large_tags.h"
#include "probes.h"
#include "sampling.h"
#include "size_class.h"

/* With all tags since the start: there was no memory for some object's tag. */
static _Atomic bool has_untagged;

uint32_t large_sampled_site(struct heap *h, size_t n, const void *frame) {
  bool begun = h != NULL && capture_of(h) != NULL; /* not before tagged_follow */
  return begun && sampling_takes(h, n) ? large_site(h, frame) : SITE_NONE;
}

uint32_t large_site(struct heap *h, const void *frame) {
  if (h == NULL || capture_of(h) == NULL)
    return SITE_NONE;
  uint32_t site = capture_quick(capture_of(h), frame);
  return likely(site != SITE_NONE) ? site : capture_site(h, frame);
}

/* Bytes held by each object that a sample of n bytes stands for, which is no sample of cells: the
 * size class of n, because a sample of up to a page has the page for itself.  0: as many as the
 * sample. */
static size_t class_stood_for(const struct heap *h, size_t n) {
  if (h->tagged || n > CACHED_MOST)
    return 0;
  return n <= SMALL_MAX ? class_bytes((unsigned)class_of(n + (n == 0)))
                        : large_class_bytes(large_class(n));
}

/* Bytes held per object that this one stands for. */
static size_t held_bytes(const struct large_tag *t) {
  return t->cell != 0 ? t->cell : jemalloc_or_huge_bytes((const void *)t->p);
}

static uint32_t weight_of(struct heap *h, size_t bytes) {
  return h->tagged ? 1 : sampling_weight(h, bytes);
}

/* An object without a tag, because there was no memory for one, is in no account, only counted.
 * From then on an object that is freed without a tag may be such a one. */
static bool put_or_lose(const struct large_tag *t) {
  bool done = large_tags_put(t);
  if (!done)
    has_untagged = true;
  return done;
}

/* Where some objects have no tags, what has them is counted apart. */
static void count_tagged(const struct heap *h, uint64_t objects, uint64_t bytes) {
  if (range.tagged)
    return;
  atomic_fetch_add_explicit(&counts_of(h)->large_tagged, objects, memory_order_relaxed);
  atomic_fetch_add_explicit(&counts_of(h)->large_tagged_bytes, bytes, memory_order_relaxed);
}

static void put(struct heap *h, struct large_tag t) {
  uint32_t site = t.site;
  struct account *a = account_or_full(&h->books, &site);
  size_t n = t.bytes, held = held_bytes(&t);
  t.site = site;
  t.arena = heap_number(h);
  t.timed = h->tagged && heap_count_large_birth(h, site, (const void *)t.p);
  if (!put_or_lose(&t)) {
    capture_of(h)->counts.untagged++;
    return;
  }
  if (h->tagged)
    count_tagged(h, 1, held);
  heap_collect_at_peak(h, a, n * t.weight);
  account_add_large(&h->books, a, n, held, t.weight);
  if (!h->tagged)
    probe_alloc((const void *)t.p, n, n * t.weight);
  h->books.last = (const void *)t.p;
}

void large_tagged_put(struct heap *h, void *p, size_t n, uint32_t site, size_t cell) {
  if (site == SITE_NONE) { /* a thread without a heap: in no account, but known to be alive */
    put_or_lose(&(struct large_tag){.p = (uintptr_t)p, .bytes = n});
    return;
  }
  put(h, (struct large_tag){.p = (uintptr_t)p,
                            .bytes = n,
                            .cell = cell != 0 ? cell : class_stood_for(h, n),
                            .ours = cell != 0,
                            .site = site,
                            .weight = weight_of(h, cell != 0 ? cell : n)});
}

/* An object that is freed before the next allocation is temporary.  Between a sample and its free
 * that is not known, so no sample counts as temporary, and reports with samples leave the number
 * out. */
static void take_own(struct heap *h, const struct large_tag *t, size_t held) {
  struct account *a = account_of(&h->books, t->site);
  a->temporary += h->tagged && h->books.last == (const void *)t->p;
  account_take_large(&h->books, a, t->bytes, held, t->weight);
  if (t->timed)
    heap_count_life(h, t->site, (const void *)t->p);
}

/* An object of another arena: its account gets the free at once (but counts no life), the process's
 * live bytes through our own books. */
static void take_foreign(struct heap *h, const struct large_tag *t, size_t held) {
  size_t n = t->bytes;
  account_note_remote_large(account_of(&heap_at(t->arena)->books, t->site), n, held, t->weight);
  if (h != NULL)
    books_shift(&h->books, (int64_t)(n * t->weight));
  else
    peak_publish(-(int64_t)(n * t->weight));
}

static void take(struct heap *h, const struct large_tag *t, size_t held) {
  if (t->site == SITE_NONE)
    return;
  struct heap *of = heap_at(t->arena);
  if (of->tagged)
    count_tagged(of, -UINT64_C(1), -(uint64_t)held);
  else
    probe_free((const void *)t->p);
  if (heap_is_mine(of))
    take_own(of, t, held);
  else
    take_foreign(h, t, held);
}

static void recount(const struct large_tag *t, void *unused) {
  (void)unused;
  if (t->site != SITE_NONE)
    heap_recount_object(heap_at(t->arena), t->site, t->bytes, held_bytes(t), t->weight);
}

void large_tagged_fork_child_recount(void) {
  uint32_t sites = path_sites();
  heap_recount_begin(sites);
  large_tags_each(recount, NULL);
  heap_recount_end(sites);
}

bool large_tagged_lift(const void *p, struct large_tag *before) {
  return large_tags_take(p, before) || !range.tagged || has_untagged;
}

bool large_tagged_take(struct heap *h, const void *p) {
  struct large_tag t = {0};
  bool alive = large_tagged_lift(p, &t);
  if (t.p != 0)
    take(h, &t, held_bytes(&t));
  return alive;
}

/* Bytes that were booked as held for an object that may have another size by now. */
static size_t held_before(const struct large_tag *t, size_t held) {
  return t->cell != 0 ? t->cell : held;
}

void large_tagged_moved(struct heap *h, const struct large_tag *before, size_t held, void *to,
                        size_t n, uint32_t site) {
  if (to == NULL) {
    put_or_lose(before); /* there was room for it a moment ago */
    return;
  }
  take(h, before, held_before(before, held));
  if (site != SITE_NONE || range.tagged)
    large_tagged_put(h, to, n, site, 0);
}

void large_tagged_stayed(struct heap *h, const struct large_tag *before, size_t held, size_t n,
                         uint32_t site) {
  struct large_tag t = *before;
  take(h, before, held_before(before, held));
  t.bytes = n;
  t.site = site;
  put(h, t);
}
