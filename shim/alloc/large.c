/* The slow paths of large requests; contract in large.h. */
#include "large.h"
#include "extent_cache.h"
#include "fork_fallback.h"
#include "fork_gate.h"
#include "invalid_pointer.h"
#include "jemalloc.h"
#include "large_counts.h"
#include "large_request.h"
#include "large_tagged.h"
#include "thread_cache.h"
#include "thread_record.h"
#include "thread_state.h"

hidden _Atomic bool large_between_samples;

/* True: the thread is inside the gate, and jemalloc can serve it.  False: it is outside, and *p is
 * an object beside jemalloc's (fork_fallback.h), or NULL if jemalloc has no memory to start. */
static inline bool enter_or_fall_back(struct large_request a, size_t alignment, void **p) {
  while (unlikely(!gate_enter(a.h)))
    if ((*p = fallback_alloc(alignment, a.bytes)) != NULL)
      return false;
  if (likely(thread_is_ready()))
    return true;
  gate_leave(a.h);
  *p = NULL;
  return false;
}

/* The whole way of a large request, for each entry below. */
static inline __attribute__((always_inline)) void *serve(struct large_request a) {
  void *p;
  size_t alignment = large_request_alignment(a);
  if (unlikely(a.bytes > PTRDIFF_MAX) || unlikely(alignment > PTRDIFF_MAX - a.bytes))
    return large_count_alloc(a.h, NULL);
  if (likely(enter_or_fall_back(a, alignment, &p))) {
    p = large_serve(a, NULL);
    large_request_tag(a, p);
    gate_leave(a.h);
  }
  return large_count_alloc(a.h, p);
}

/* jemalloc has served this thread: its further requests may take the fast path.  Outside the gate:
 * nothing of jemalloc's is called here. */
static void open_fast_path(struct heap *h) {
  if (!purge_setup(h) || thread_state != THREAD_CACHED || figures_are_remembered())
    return;
  cache_open(h);
  if (tagged_mode == TAGGED_NONE || (tagged_is_paused() && !h->tagged))
    record_of(h)->large_fast = true;
  else if (tagged_mode == TAGGED_SAMPLES && !large_between_samples)
    large_between_samples = true;
}

void *large_alloc_any(size_t n, const void *frame) {
  struct large_request a = large_request_of(n, frame);
  void *p = serve(a);
  if (likely(p != NULL) && likely(a.h != NULL))
    open_fast_path(a.h);
  return p;
}

void *large_calloc_any(size_t n, const void *frame) {
  struct large_request a = large_request_of(n, frame);
  a.flags = FLAG_ZERO;
  return serve(a);
}

void *large_memalign(size_t alignment, size_t n, const void *frame) {
  struct large_request a = large_request_of(n, frame);
  a.flags = __builtin_ctzl(alignment);
  a.by_size = false;
  return serve(a);
}

void *large_alloc_sample(size_t alignment, size_t n, size_t cell, const void *frame) {
  struct heap *h = heap_of_thread();
  struct large_request a = {.h = h, .n = n, .cell = cell, .site = large_site(h, frame)};
  a.bytes = n < cell ? cell : n; /* the room of the cell that it stands for */
  a.flags = alignment > GRAIN ? __builtin_ctzl(alignment) : 0;
  return serve(a);
}

void *large_mallocx(size_t n, int flags, const void *frame) {
  struct large_request a = large_request_of(n, frame);
  a.bytes = n + (n == 0);
  a.flags = flags;
  a.by_size = false; /* the arena may be the program's own, also without flags */
  a.once = true;
  return serve(a);
}

void large_check_pointer(const void *p, const char *entry, const void *caller) {
  if (unlikely(!page_map_holds(p)))
    invalid_pointer(entry, p, caller);
  if (unlikely(extent_is_cached(p)))
    invalid_large(entry, p, caller);
}

/* Inside the gate, before p goes back: takes its tag off.  False: with all tags it has none, so it
 * is not alive. */
static inline bool untag(struct heap *h, const void *p) {
  return !large_may_be_tagged(p) || large_tagged_take(h, p);
}

static void free_later(void *p) {
  fallback_defer_free(p);
  if (gate_is_open()) /* it opened meanwhile */
    large_free_deferred();
}

/* A huge object is more than what may be freed without being published, and purge_if_due does not
 * count it. */
static void note_huge_free(void) {
  if (purge_taken_hook != NULL)
    purge_taken_hook(0);
}

/* Gives p back to jemalloc, or puts it on the list of deferred frees while the gate is closed. */
static void release(struct heap *h, void *p, int flags, const char *entry, const void *caller) {
  if (unlikely(!gate_enter(h))) {
    free_later(p);
    return;
  }
  if (unlikely(!untag(h, p))) {
    gate_leave(h);
    invalid_large(entry, p, caller);
  }
  thread_is_ready();
  unsigned kind = page_kind(p);
  bool done = large_give_back(p, kind, flags);
  gate_leave(h);
  if (unlikely(!done))
    invalid_large(entry, p, caller);
  if (unlikely(kind == PAGE_HUGE))
    note_huge_free();
}

void large_free_deferred(void) {
  for (void *p; gate_is_open() && (p = fallback_take_deferred()) != NULL;)
    release(heap_of_thread(), p, 0, "free", DIRECT);
}

void large_free_flags(void *p, int flags, const char *entry, const void *caller) {
  struct heap *h = heap_of_thread();
  if (fallback_holds(p)) {
    fallback_free(p);
  } else {
    large_check_pointer(p, entry, caller);
    release(h, p, flags, entry, caller);
  }
  large_count_free(h);
  purge_if_due(h);
}

void large_free_any(void *p, const char *entry, const void *caller) {
  if (p != NULL)
    large_free_flags(p, 0, entry, caller);
}

void large_follow(struct heap *h) {
  large_between_samples |= tagged_mode == TAGGED_SAMPLES;
  record_of(h)->large_fast = !h->tagged && tagged_is_paused() && record_of(h)->cache_is_open &&
                             thread_state == THREAD_CACHED;
}

void large_close_fast_path(void) {
  large_between_samples = false;
  if (heap_mine() != NULL)
    record_of(heap_mine())->large_fast = false;
}
