/* The slow paths of large requests; contract in large.h. */
#include "large.h"
#include "fork_fallback.h"
#include "fork_gate.h"
#include "invalid_pointer.h"
#include "jemalloc.h"
#include "large_request.h"
#include "large_tagged.h"
#include "thread_state.h"

hidden _Atomic bool large_between_samples;

/* True: the thread is inside the gate, and jemalloc there.  False: it has a spilled object instead,
 * or NULL. */
static inline bool enter_or_fall_back(struct heap *h, size_t alignment, size_t n, void **spilled) {
  while (unlikely(!gate_enter(h)))
    if ((*spilled = fallback_alloc(alignment, n)) != NULL)
      return false;
  if (likely(thread_is_ready()))
    return true;
  gate_leave(h);
  *spilled = NULL;
  return false;
}

/* The thread's arena has nothing, or could not be made: the first one may have some. */
static inline void *or_first_arena(void *p, size_t n, int flags) {
  return likely(p != NULL) ? p : jep_mallocx(n, flags | FLAG_NO_CACHE | FLAG_FIRST_ARENA);
}

/* A sample of small requests has the room of the cell that it stands for. */
static inline size_t served_bytes(struct large_request a, size_t least, size_t n) {
  size_t bytes = n < least ? least : n;
  return bytes < a.cell ? a.cell : bytes;
}

static void *serve_aligned(struct large_request a, size_t alignment, size_t n) {
  void *p;
  size_t bytes = served_bytes(a, 1, n);
  if (needs_page(a, alignment, bytes) && alignment < PAGE_BYTES)
    alignment = PAGE_BYTES;
  if (bytes > PTRDIFF_MAX || alignment > PTRDIFF_MAX - bytes)
    return counted(a.h, NULL);
  if (likely(enter_or_fall_back(a.h, alignment, bytes, &p))) {
    bool tried = false;
    do
      p = jep_memalign(alignment, bytes);
    while (try_again(p, bytes, &tried));
    p = or_first_arena(p, bytes, __builtin_ctzl(alignment));
    note(a, p, page_kind_apart(bytes));
    tag(a, p, n);
    gate_leave(a.h);
  }
  return counted(a.h, p);
}

static inline void *serve_large(struct large_request a, size_t n) {
  void *p;
  size_t bytes = served_bytes(a, GRAIN, n); /* below 16 bytes jemalloc aligns to 8 */
  if (needs_page(a, GRAIN, bytes))
    return serve_aligned(a, PAGE_BYTES, n);
  if (likely(enter_or_fall_back(a.h, GRAIN, bytes, &p))) {
    bool tried = false;
    do
      p = jep_malloc(bytes);
    while (try_again(p, bytes, &tried));
    p = or_first_arena(p, bytes, 0);
    note(a, p, page_kind_for(bytes));
    tag(a, p, n);
    gate_leave(a.h);
  }
  return counted(a.h, p);
}

void *large_alloc_any(size_t n, const void *frame) {
  struct large_request a = request_of(n, frame);
  void *p = serve_large(a, n);
  if (a.h == NULL)
    return p;
  bool ready = p != NULL && purge_setup(a.h);
  /* Outside the gate: only a look, nothing of jemalloc's. */
  if (!ready || thread_state != THREAD_CACHED || figures_are_remembered())
    return p;
  shelf_open(a.h);
  if (tagged_mode == TAGGED_NONE)
    a.h->straight = true;
  else if (tagged_mode == TAGGED_SAMPLES && !large_between_samples)
    large_between_samples = true;
  return p;
}

void *large_calloc_any(size_t n, const void *frame) {
  struct large_request a = request_of(n, frame);
  void *p;
  size_t bytes = n < GRAIN ? GRAIN : n;
  if (likely(enter_or_fall_back(a.h, GRAIN, bytes, &p))) {
    bool tried = false;
    do
      p = likely(!needs_page(a, GRAIN, n)) ? jep_calloc(1, bytes)
                                           : jep_mallocx(bytes, alone(a, n, FLAG_ZERO));
    while (try_again(p, bytes, &tried));
    p = or_first_arena(p, bytes, alone(a, n, FLAG_ZERO));
    note(a, p, page_kind_for(bytes));
    tag(a, p, n);
    gate_leave(a.h);
  }
  return counted(a.h, p);
}

void *large_memalign(size_t alignment, size_t n, const void *frame) {
  return serve_aligned(request_of(n, frame), alignment, n);
}

void *large_alloc_sample(size_t alignment, size_t n, size_t cell, const void *frame) {
  struct heap *h = heap_of_thread();
  struct large_request a = {h, large_site(h, frame), cell};
  return alignment <= GRAIN ? serve_large(a, n) : serve_aligned(a, alignment, n);
}

void *large_mallocx(size_t n, int flags, const void *frame) {
  struct large_request a = request_of(n, frame);
  void *p;
  size_t bytes = n + (n == 0);
  if (bytes > PTRDIFF_MAX)
    return counted(a.h, NULL);
  size_t alignment = (size_t)1 << (flags & FLAG_ALIGN_BITS);
  if (likely(enter_or_fall_back(a.h, alignment < GRAIN ? GRAIN : alignment, bytes, &p))) {
    p = jep_mallocx(bytes, alone(a, n, flags));
    note(a, p, page_kind_apart(bytes)); /* maybe from an arena of the program's own */
    tag(a, p, n);
    gate_leave(a.h);
  }
  return counted(a.h, p);
}

void large_must_hold(const void *p, const char *entry, const void *site) {
  if (unlikely(!page_map_holds(p)))
    invalid_pointer(entry, p, site);
}

/* Gives an object back to jemalloc, or puts it aside while the gate is closed. */
static void release(struct heap *h, void *p, int flags, const char *entry, const void *site) {
  if (unlikely(!gate_enter(h))) {
    fallback_defer_free(p);
    if (gate_is_open()) /* it opened meanwhile */
      large_settle();
    return;
  }
  if (unlikely(!untag(h, p))) {
    gate_leave(h);
    invalid_large(entry, p, site);
  }
  purge_note_free(object_bytes(p, page_kind(p)));
  thread_is_ready();
  if (flags != 0)
    jep_dallocx(p, flags);
  else
    jep_free(p);
  gate_leave(h);
}

void large_settle(void) {
  for (void *p; gate_is_open() && (p = fallback_take_deferred()) != NULL;)
    release(heap_of_thread(), p, 0, "free", DIRECT);
}

void large_free_flags(void *p, int flags, const char *entry, const void *site) {
  struct heap *h = heap_of_thread();
  if (fallback_holds(p)) {
    fallback_free(p);
  } else {
    large_must_hold(p, entry, site);
    release(h, p, flags, entry, site);
  }
  count_free(h);
  if (unlikely(purge_is_due()))
    purge_run(h, 0);
}

void large_free_any(void *p, const char *entry, const void *site) {
  if (p != NULL)
    large_free_flags(p, 0, entry, site);
}
