/* Resizing objects of both allocators; contract in realloc.h. */
#include "realloc.h"
#include "caller.h"
#include "capture.h"
#include "fork_fallback.h"
#include "fork_gate.h"
#include "invalid_pointer.h"
#include "large_counts.h"
#include "large_request.h"
#include "large_tags.h"
#include "own_calls.h"
#include "route.h"
#include "thread_cache.h"
#include "thread_state.h"

/* To another allocator, or another class of our heap. */
static void *move(void *p, size_t old, size_t n, const char *entry, const void *frame) {
  int saved = errno;
  void *to = any_alloc(n, frame);
  if (to == NULL && n <= old) { /* an object that shrinks can stay */
    errno = saved;
    return p;
  }
  if (to != NULL) {
    libc_memcpy(to, p, old < n ? old : n);
    any_free(p, entry, frame_caller(frame));
  }
  return to;
}

/* Inside the gate.  `before` is the tag of p, or empty: it was taken off first, because p may be
 * another thread's as soon as jemalloc has it back; it is put on again if p stays what it was. */
static void *large_resize(struct large_request a, void *p, const struct large_tag *before) {
  bool had_tag = before->p != 0;
  bool was_huge = huge_holds(p);
  size_t held = had_tag ? jemalloc_or_huge_bytes(p) : large_object_bytes(p, page_kind(p));
  thread_is_ready();
  void *to = large_serve(a, p);
  if (likely(to != NULL) && !was_huge && likely(!huge_holds(to)))
    purge_note_free(held);
  if (unlikely(had_tag))
    large_tagged_moved(a.h, before, held, to, a.n, a.site);
  else if (unlikely(a.site != SITE_NONE) && to != NULL)
    large_tagged_put(a.h, to, a.n, a.site, 0);
  return to;
}

/* The request that resizes to n bytes as rallocx does with these flags, realloc with none. */
static struct large_request request_to_resize(size_t n, int flags, const void *frame) {
  struct large_request a = large_request_of(n, frame);
  a.bytes = n;
  a.flags = flags;
  a.by_size = flags == 0;
  return a;
}

void *large_realloc(void *p, size_t old, size_t n, int flags, const char *entry,
                    const void *frame) {
  if (n > PTRDIFF_MAX)
    return large_count_alloc(heap_of_thread(), NULL);
  if (fallback_holds(p))
    return move(p, old, n, entry, frame);
  struct large_request a = request_to_resize(n, flags, frame);
  if (likely(a.h != NULL))
    cache_check(a.h, p, entry, frame_caller(frame));
  while (unlikely(!gate_enter(a.h)))
    if (flags == 0) /* with flags the request waits for the end of the fork */
      return move(p, old, n, entry, frame);
  struct large_tag before = {0};
  if (large_may_be_tagged(p) && unlikely(!large_tagged_lift(p, &before))) {
    gate_leave(a.h);
    invalid_large(entry, p, frame_caller(frame));
  }
  void *to = large_resize(a, p, &before);
  gate_leave(a.h);
  if (likely(large_count_alloc(a.h, to) != NULL))
    large_count_free(a.h);
  return to;
}

/* Inside the gate; `before` is the tag that was taken off p, or NULL.  A sample is resized no
 * further than the cells it stands for could be, so that it goes on representing them. */
static size_t resize_in_place(void *p, const struct large_tag *before, size_t n, size_t extra,
                              int flags) {
  if (before != NULL && before->cell != 0)
    return before->cell;
  unsigned kind = page_kind(p);
  purge_note_free(jep_malloc_usable_size(p));
  size_t got = jep_xallocx(p, n, extra, flags);
  if (got > CACHED_MOST && kind != PAGE_PLAIN)
    page_map_note(p, page_kind_apart(got));
  purge_note_alloc(got);
  return got;
}

/* The object stays, so no sample is drawn. */
size_t large_xallocx(void *p, size_t n, size_t extra, int flags, const void *frame) {
  struct heap *h = heap_of_thread();
  uint32_t site = large_may_be_tagged(p) ? large_site(h, frame) : SITE_NONE;
  if (unlikely(!gate_enter(h))) /* xallocx may leave an object as it is */
    return jep_malloc_usable_size(p);
  struct large_tag before;
  size_t held = jep_malloc_usable_size(p);
  bool had_tag = large_may_be_tagged(p) && large_tags_take(p, &before);
  size_t got = resize_in_place(p, had_tag ? &before : NULL, n, extra, flags);
  bool done = got >= n && !(had_tag && before.ours); /* a cell of ours keeps its size */
  bool estimate = had_tag && before.weight > 1 && h != NULL && h->tagged; /* in exact books */
  if (unlikely(had_tag) && done && site != SITE_NONE && !estimate)
    large_tagged_stayed(h, &before, held, n, site);
  else if (unlikely(had_tag))
    large_tagged_moved(h, &before, held, done ? p : NULL, n, SITE_NONE);
  gate_leave(h);
  if (done) { /* as a realloc in place */
    large_count_alloc(h, p);
    large_count_free(h);
  }
  return got;
}

/* ---- samples ---- */

/* Is p a sample of small requests, and would an object in such a cell keep it for n bytes? */
static bool would_keep_cell(struct heap *h, const void *p, size_t n) {
  struct large_tag t;
  if (!gate_enter(h))
    return false;
  bool found = large_tags_get(p, &t);
  gate_leave(h);
  return found && t.ours && n <= t.cell && cell_suits(t.cell, n);
}

/* Samples only, p of jemalloc's: true if p is a sample of small requests whose cell would be kept
 * for n bytes.  Then p keeps its place, weight and cell, and counts as freed and allocated.  False:
 * p is something else, or a fork is under way; nothing has changed. */
static bool sample_keeps_cell(void *p, size_t n, const void *frame) {
  struct heap *h = heap_mine();
  struct large_tag t;
  if (h == NULL || h->tagged || page_kind(p) != PAGE_PLAIN || !would_keep_cell(h, p, n))
    return false;
  uint32_t site = large_site(h, frame);
  if (site == SITE_NONE || !gate_enter(h))
    return false;
  if (large_tags_take(p, &t))
    large_tagged_stayed(h, &t, t.cell, n, site);
  gate_leave(h);
  return true;
}

/* ---- small objects ---- */

/* Does a small object keep its cell for n bytes?  With tags it then counts as freed and allocated
 * again. */
static bool keeps_cell(void *p, size_t cell, size_t n, const void *frame) {
  if (n > cell || !cell_suits(cell, n))
    return false;
  /* A tag has no room for 512 bytes, the size of the largest cell, which no small request has. */
  return likely(!slab_is_tagged(slab_of(p))) ||
         (n <= SMALL_MAX && small_resize_tagged(p, n, frame));
}

/* From a full cell to a larger one. */
static void *grow(void *p, size_t cell, size_t n, const char *entry, const void *frame) {
  void *to = small_cell(growth_class(n), n, frame);
  if (unlikely(to == NULL))
    return NULL;
  libc_memcpy(to, p, cell);
  any_free(p, entry, frame_caller(frame));
  return to;
}

void *realloc_any(void *p, size_t n, const char *entry, const void *frame) {
  if (p == NULL)
    return any_alloc(n, frame);
  if (n == 0) {
    any_free(p, entry, frame_caller(frame));
    return NULL;
  }
  if (range_holds(p)) {
    size_t cell = heap_usable(p, entry, frame_caller(frame));
    if (keeps_cell(p, cell, n, frame))
      return p;
    return cell < n && n <= SMALL_MAX ? grow(p, cell, n, entry, frame)
                                      : move(p, cell, n, entry, frame);
  }
  size_t old = usable_any(p, entry, frame_caller(frame));
  if (tagged_mode != TAGGED_NONE && n <= class_bytes(CLASSES) && sample_keeps_cell(p, n, frame))
    return p;
  if (n <= SMALL_MAX)
    return move(p, old, n, entry, frame);
  return large_realloc(p, old, n, 0, entry, frame);
}

void *realloc_on_countdown(void *to, void *p, const char *entry, const void *frame) {
  heap_on_countdown(p, slab_of(p), entry, frame_caller(frame));
  return to;
}
