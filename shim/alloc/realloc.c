/* Realloc and its kin; contract in realloc.h. */
#include "realloc.h"
#include "caller.h"
#include "capture.h"
#include "fork_fallback.h"
#include "fork_gate.h"
#include "invalid_pointer.h"
#include "large_request.h"
#include "large_tags.h"
#include "own_calls.h"
#include "route.h"
#include "thread_state.h"

/* To a place of another kind: both heaps take part, or two classes of ours. */
static void *move(void *p, size_t old, size_t n, const char *entry, const void *frame) {
  int saved = errno;
  void *to = any_alloc(n, frame);
  if (to == NULL && n <= old) { /* what shrinks has a place already */
    errno = saved;
    return p;
  }
  if (to != NULL) {
    libc_memcpy(to, p, old < n ? old : n);
    any_free(p, entry, frame_site(frame));
  }
  return to;
}

/* Inside the gate.  The tag went before the object may become another thread's, and comes back if
 * it stays. */
static void *large_resize(struct large_request a, void *p, size_t n, int flags,
                          const struct large_tag *before) {
  bool had = before->p != 0;
  unsigned kind = page_kind(p);
  size_t held = had ? jep_malloc_usable_size(p) : object_bytes(p, kind);
  thread_is_ready();
  void *to;
  flags = alone(a, n, flags);
  bool tried = false;
  do
    to = flags == 0 ? jep_realloc(p, n) : jep_rallocx(p, n, flags);
  while (try_again(to, n, &tried));
  if (to != NULL) {
    purge_note_free(held);
    /* One that stays may be in an arena of the program's own. */
    note(a, to,
         to != p && flags == 0 ? page_kind_for(n)
         : n > CACHED_MOST     ? page_kind_apart(n)
         : to != p             ? PAGE_PLAIN
                               : kind);
  }
  if (unlikely(had))
    large_tagged_moved(a.h, before, held, to, n, a.site);
  else if (unlikely(a.site != SITE_NONE) && to != NULL)
    large_tagged_put(a.h, to, n, a.site, 0);
  return to;
}

void *large_realloc(void *p, size_t old, size_t n, int flags, const char *entry,
                    const void *frame) {
  if (n > PTRDIFF_MAX)
    return counted(heap_of_thread(), NULL);
  if (fallback_holds(p))
    return move(p, old, n, entry, frame);
  struct large_request a = request_of(n, frame);
  if (likely(a.h != NULL))
    cache_check(a.h, p, entry, frame_site(frame));
  while (unlikely(!gate_enter(a.h)))
    if (flags == 0) /* what asks for more than a size waits for the fork */
      return move(p, old, n, entry, frame);
  struct large_tag before = {0};
  if (may_have_tag(p) && unlikely(!large_tagged_lift(p, &before))) {
    gate_leave(a.h);
    invalid_large(entry, p, frame_site(frame));
  }
  void *to = large_resize(a, p, n, flags, &before);
  gate_leave(a.h);
  if (likely(counted(a.h, to) != NULL))
    count_free(a.h);
  return to;
}

/* Inside the gate; `before`: p's tag, taken off, or NULL.  A sample can do what those objects can
 * that it stands for, so that they and it stay alike. */
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

/* Nothing moves, so no sample is drawn. */
size_t large_xallocx(void *p, size_t n, size_t extra, int flags, const void *frame) {
  struct heap *h = heap_of_thread();
  uint32_t site = may_have_tag(p) ? large_site(h, frame) : SITE_NONE;
  if (unlikely(!gate_enter(h))) /* it may say that nothing could be done */
    return jep_malloc_usable_size(p);
  struct large_tag before;
  size_t held = jep_malloc_usable_size(p);
  bool had = may_have_tag(p) && large_tags_take(p, &before);
  size_t got = resize_in_place(p, had ? &before : NULL, n, extra, flags);
  bool done = got >= n && !(had && before.ours); /* cells of ours never change */
  if (unlikely(had) && done && site != SITE_NONE)
    large_tagged_stayed(h, &before, held, n, site);
  else if (unlikely(had))
    large_tagged_moved(h, &before, held, done ? p : NULL, n, SITE_NONE);
  gate_leave(h);
  if (done) { /* as a realloc in place */
    counted(h, p);
    count_free(h);
  }
  return got;
}

/* ---- samples ---- */

/* Has a sample's cell room for n bytes, and would an object in such a cell keep it? */
static bool has_suiting_cell(struct heap *h, const void *p, size_t n) {
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
static bool sample_stays(void *p, size_t n, const void *frame) {
  struct heap *h = heap_mine();
  struct large_tag t;
  if (h == NULL || page_kind(p) != PAGE_PLAIN || !has_suiting_cell(h, p, n))
    return false;
  uint32_t site = large_site(h, frame);
  if (!gate_enter(h))
    return false;
  if (large_tags_take(p, &t))
    large_tagged_stayed(h, &t, t.cell, n, site);
  gate_leave(h);
  return true;
}

/* ---- small objects ---- */

/* A small object that can keep its cell; with tags it counts as freed and allocated anew. */
static bool stays(void *p, size_t cell, size_t n, const void *frame) {
  if (n > cell || !cell_suits(cell, n))
    return false;
  /* A tag has no room for the size of the largest cell, which no small request has. */
  return likely(!range.tagged) || (n <= SMALL_MAX && small_resize_tagged(p, n, frame));
}

/* From a full cell to a larger one. */
static void *grow(void *p, size_t cell, size_t n, const char *entry, const void *frame) {
  void *to = small_cell(growth_class(n), n, frame);
  if (unlikely(to == NULL))
    return NULL;
  libc_memcpy(to, p, cell);
  any_free(p, entry, frame_site(frame));
  return to;
}

void *realloc_any(void *p, size_t n, const char *entry, const void *frame) {
  if (p == NULL)
    return any_alloc(n, frame);
  if (n == 0) {
    any_free(p, entry, frame_site(frame));
    return NULL;
  }
  if (range_holds(p)) {
    size_t cell = heap_usable(p, entry, frame_site(frame));
    if (stays(p, cell, n, frame))
      return p;
    return cell < n && n <= SMALL_MAX ? grow(p, cell, n, entry, frame)
                                      : move(p, cell, n, entry, frame);
  }
  size_t old = usable_any(p, entry, frame_site(frame));
  if (tagged_mode == TAGGED_SAMPLES && n <= class_bytes(CLASSES) && sample_stays(p, n, frame))
    return p;
  if (n <= SMALL_MAX)
    return move(p, old, n, entry, frame);
  return large_realloc(p, old, n, 0, entry, frame);
}

void *realloc_attend(void *to, void *p, const char *entry, const void *frame) {
  heap_attend(p, slab_of(p), entry, frame_site(frame));
  return to;
}
