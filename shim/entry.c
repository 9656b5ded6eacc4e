/* The slower paths behind the entries; contract in entry.h. */
#include "entry.h"
#include "gate.h"
#include "large_spare.h"
#include "large_tags.h"
#include "large_thread.h"
#include "shelf.h"
#include "spill.h"
#include "stray.h"
#include "tagged.h"

#include <errno.h>
#include <string.h>

hidden _Atomic uint64_t heapless_large_allocs, heapless_large_frees;

/* Who makes a large request: the calling thread's heap and, with tags, the call site.  The cell of
 * a small request that is a sample has so many bytes; 0: it is none. */
struct asker {
  struct heap *h;
  uint32_t site;
  size_t cell;
};

/* A sample, among large objects without tags: its page says that it may have one (shelf.h). */
static inline bool is_sample(struct asker a) {
  return unlikely(a.site != SITE_NONE) && tagged_mode == TAGGED_SAMPLES;
}

/* It needs a page of its own for that, up to a page: of larger ones no two begin in one page, and
 * of jemalloc's classes below those of shelves nothing goes straight. */
static inline bool needs_page(struct asker a, size_t alignment, size_t n) {
  return is_sample(a) && n <= SHELF_MOST && (n > SHELF_LEAST || alignment > GRAIN);
}

/* The flags of a request, and the alignment that gives a page of its own to what needs one. */
static inline int alone(struct asker a, size_t n, int flags) {
  int alignment = flags & LARGE_ALIGN_BITS;
  return needs_page(a, (size_t)1 << alignment, n) && alignment < LARGE_PAGE
             ? (flags & ~LARGE_ALIGN_BITS) | LARGE_PAGE
             : flags;
}

static inline struct asker asker(size_t n, const void *frame) {
  struct heap *h = own_heap();
  if (likely(tagged_mode == TAGGED_NONE))
    return (struct asker){h, SITE_NONE, 0};
  return (struct asker){
      h, tagged_mode == TAGGED_ALL ? tagged_site(h, frame) : tagged_sampled_site(h, n, frame), 0};
}

/* Inside the gate, when jemalloc has served n bytes. */
static inline void tag(struct asker a, void *p, size_t n) {
  if (unlikely(a.site != SITE_NONE) && p != NULL)
    tagged_large_put(a.h, p, n, a.site, a.cell);
}

/* May this object of jemalloc's have a tag? */
static inline bool may_have_tag(const void *p) {
  return unlikely(tagged_mode != TAGGED_NONE) &&
         (tagged_mode == TAGGED_ALL || large_kind(p) == LARGE_PLAIN);
}

/* Inside the gate, before p goes back. */
static inline void untag(struct heap *h, const void *p) {
  if (may_have_tag(p))
    tagged_large_take(h, p);
}

/* A fork that has the gate closed, or a handler that interrupted jemalloc, may not wait for it. */
void large_look(struct heap *h) {
  if (h->outside > 0 || !large_remember_due() || !gate_try(h))
    return;
  int saved = errno;
  large_remember();
  gate_leave(h);
  errno = saved;
}

/* Inside the gate: jemalloc has served that object, or NULL. */
static inline void note(struct asker a, const void *p, unsigned kind) {
  if (is_sample(a))
    kind = LARGE_PLAIN;
  large_note(p, kind);
  if (likely(p != NULL))
    large_spare_take(shelf_kind_bytes(kind));
}

/* An object, or NULL, was had from jemalloc or beside it. */
static inline void *counted(struct heap *h, void *p) {
  if (unlikely(p == NULL)) {
    errno = ENOMEM;
  } else if (likely(h != NULL)) {
    count_add(&h->large_allocs, 1);
    if (unlikely(count_get(&h->large_allocs) % REFRESH_REQUESTS == 0))
      large_look(h);
    if (unlikely(large_spare_due()))
      large_spare_look(h, 0);
  } else {
    atomic_fetch_add_explicit(&heapless_large_allocs, 1, memory_order_relaxed);
  }
  return p;
}

static inline void count_free(struct heap *h) {
  if (likely(h != NULL))
    count_add(&h->large_frees, 1);
  else
    atomic_fetch_add_explicit(&heapless_large_frees, 1, memory_order_relaxed);
}

/* In the child of a fork: what is alive counts as allocated, by nobody in particular. */
void large_counts_restart(void) {
  uint64_t live = count_get(&heapless_large_allocs) - count_get(&heapless_large_frees);
  for (unsigned i = 0; i < heap_count(); i++) {
    struct heap *h = heap_at(i);
    live += count_get(&h->large_allocs) - count_get(&h->large_frees);
    h->large_allocs = 0;
    h->large_frees = 0;
  }
  heapless_large_allocs = live;
  heapless_large_frees = 0;
}

/* True: the thread is inside the gate.  False: it has a spilled object instead. */
static inline bool enter_or_spill(struct heap *h, size_t alignment, size_t n, void **spilled) {
  while (unlikely(!gate_enter(h)))
    if ((*spilled = spill_alloc(alignment, n)) != NULL)
      return false;
  return true;
}

/* A request was refused: is another try, but only one, worth it? */
static inline bool try_again(const void *p, size_t bytes, bool *tried) {
  if (likely(p != NULL) || *tried)
    return false;
  *tried = true;
  return large_spare_drop(bytes);
}

static void *serve_aligned(struct asker a, size_t alignment, size_t n) {
  void *p;
  size_t bytes = n + (n == 0);
  if (needs_page(a, alignment, n) && alignment < PAGE_BYTES)
    alignment = PAGE_BYTES;
  if (bytes > PTRDIFF_MAX || alignment > PTRDIFF_MAX - bytes)
    return counted(a.h, NULL);
  if (likely(enter_or_spill(a.h, alignment, bytes, &p))) {
    bool tried = false;
    do
      p = large_thread_cached() ? jep_memalign(alignment, bytes)
                                : jep_mallocx(bytes, LARGE_NO_CACHE | __builtin_ctzl(alignment));
    while (try_again(p, bytes, &tried));
    note(a, p, shelf_kind_apart(bytes));
    tag(a, p, n);
    gate_leave(a.h);
  }
  return counted(a.h, p);
}

static inline void *serve_large(struct asker a, size_t n) {
  void *p;
  size_t bytes = n < GRAIN ? GRAIN : n; /* below 16 bytes jemalloc aligns to 8 */
  if (needs_page(a, GRAIN, n))
    return serve_aligned(a, PAGE_BYTES, n);
  if (likely(enter_or_spill(a.h, GRAIN, bytes, &p))) {
    bool tried = false;
    do
      p = large_thread_cached() ? jep_malloc(bytes) : jep_mallocx(bytes, LARGE_NO_CACHE);
    while (try_again(p, bytes, &tried));
    note(a, p, shelf_kind(bytes));
    tag(a, p, n);
    gate_leave(a.h);
  }
  return counted(a.h, p);
}

void *large_alloc_any(size_t n, const void *frame) {
  struct asker a = asker(n, frame);
  void *p = serve_large(a, n);
  if (a.h == NULL)
    return p;
  bool ready = p != NULL && large_spare_setup(a.h);
  /* Outside the gate: only a look, nothing of jemalloc's. */
  if (!ready || large_thread_state != LARGE_CACHED || large_remembers())
    return p;
  if (tagged_mode == TAGGED_NONE)
    a.h->straight = true;
  else if (tagged_mode == TAGGED_SAMPLES && !large_between_samples)
    large_between_samples = true;
  return p;
}

void *large_calloc_any(size_t n, const void *frame) {
  struct asker a = asker(n, frame);
  void *p;
  size_t bytes = n < GRAIN ? GRAIN : n;
  if (likely(enter_or_spill(a.h, GRAIN, bytes, &p))) {
    bool cached = large_thread_cached();
    bool tried = false;
    do
      p = likely(cached && !needs_page(a, GRAIN, n))
              ? jep_calloc(1, bytes)
              : jep_mallocx(bytes, alone(a, n, LARGE_ZERO | (cached ? 0 : LARGE_NO_CACHE)));
    while (try_again(p, bytes, &tried));
    note(a, p, shelf_kind(bytes));
    tag(a, p, n);
    gate_leave(a.h);
  }
  return counted(a.h, p);
}

void *large_memalign(size_t alignment, size_t n, const void *frame) {
  return serve_aligned(asker(n, frame), alignment, n);
}

void *large_alloc_sample(size_t alignment, size_t n, size_t cell, const void *frame) {
  struct heap *h = own_heap();
  struct asker a = {h, tagged_site(h, frame), cell};
  return alignment <= GRAIN ? serve_large(a, n) : serve_aligned(a, alignment, n);
}

void *large_mallocx(size_t n, int flags, const void *frame) {
  struct asker a = asker(n, frame);
  void *p;
  size_t bytes = n < GRAIN ? GRAIN : n;
  if (bytes > PTRDIFF_MAX)
    return counted(a.h, NULL);
  size_t alignment = (size_t)1 << (flags & LARGE_ALIGN_BITS);
  if (likely(enter_or_spill(a.h, alignment < GRAIN ? GRAIN : alignment, bytes, &p))) {
    p = jep_mallocx(bytes, alone(a, n, large_thread_cached() ? flags : flags | LARGE_NO_CACHE));
    note(a, p, shelf_kind_apart(bytes)); /* maybe from an arena of the program's own */
    tag(a, p, n);
    gate_leave(a.h);
  }
  return counted(a.h, p);
}

/* The process's first request, a thread without a heap while there is no memory for one, or
 * a heap that was refused memory: jemalloc may have some. */
static cold void *small_refused(size_t n, const void *frame, size_t c) {
  void *p = NULL;
  if (start_once() && (heap_self != &heap_none || heap_acquire() != NULL)) {
    if (heap_self == &heap_tagged)
      return tagged_small(n, frame, c);
    p = range.tagged ? tagged_small_late(n, frame, c) : heap_alloc_slow(c);
  }
  return p != NULL ? p : large_alloc_any(n, frame);
}

static __attribute__((noinline)) void *small_untagged(size_t n, const void *frame, size_t c) {
  struct heap *h = heap_self;
  void *p = NULL;
  if (unlikely(c == 0) && (p = heap_pop(1)) != NULL)
    return p; /* no bytes: these always come here, and the list of class 1 need not be empty */
  uint32_t *cut = &h->cut[c + (c == 0)];
  if (unlikely(*cut == 1) && h->outside > 0) /* a handler's: jemalloc is at work below it */
    *cut = 2;                                /* the next request is the sample */
  if (likely(heap_is_real(h)) && unlikely(*cut == 1))
    return tagged_sample(h, (unsigned)c + (c == 0), GRAIN, n, frame);
  if (likely(heap_is_real(h)))
    p = heap_refill(h, (unsigned)c + (c == 0));
  return likely(p != NULL) ? p : small_refused(n, frame, c);
}

void *small_slow(size_t n, const void *frame, size_t c) {
  return heap_self == &heap_tagged ? tagged_small(n, frame, c) : small_untagged(n, frame, c);
}

void large_must_hold(const void *p, const char *entry, const void *site) {
  if (unlikely(!large_holds(p)))
    stray_pointer(entry, p, site);
}

/* Gives an object back to jemalloc, or puts it aside while the gate is closed. */
static void release(struct heap *h, void *p, int flags) {
  if (unlikely(!gate_enter(h))) {
    spill_defer_free(p);
    if (gate_is_open()) /* it opened meanwhile */
      large_settle();
    return;
  }
  untag(h, p);
  large_spare_give(shelf_kind_bytes(large_kind(p)));
  if (unlikely(!large_thread_cached()))
    jep_dallocx(p, flags | LARGE_NO_CACHE);
  else if (flags != 0)
    jep_dallocx(p, flags);
  else
    jep_free(p);
  gate_leave(h);
}

void large_settle(void) {
  for (void *p; gate_is_open() && (p = spill_take_deferred()) != NULL;)
    release(own_heap(), p, 0);
}

void large_free_flags(void *p, int flags, const char *entry, const void *site) {
  struct heap *h = own_heap();
  if (spill_holds(p)) {
    spill_free(p);
  } else {
    large_must_hold(p, entry, site);
    release(h, p, flags);
  }
  count_free(h);
  if (unlikely(large_spare_due()))
    large_spare_look(h, 0);
}

void large_free_any(void *p, const char *entry, const void *site) {
  if (p != NULL)
    large_free_flags(p, 0, entry, site);
}

void *aligned_any(size_t alignment, size_t n, const void *frame) {
  if (alignment <= GRAIN)
    return any_alloc(n, frame);
  /* Cells start at multiples of their size in a slab aligned to 64 KiB: a size that is a
   * multiple of the alignment gives aligned objects. */
  size_t padded = round_up(n + (n == 0), alignment);
  if (n <= SMALL_MAX && padded <= class_bytes(CLASSES)) {
    struct heap *h = heap_self;
    size_t c = class_of(padded);
    if (unlikely(h->cut[c] == 1) && h->head[c] == NULL) /* as in small_untagged */
      return tagged_sample(h, (unsigned)c, alignment, n, frame);
    void *p = small_cell(c, n, frame);
    if (likely((uintptr_t)p % alignment == 0)) /* NULL, or from our heap */
      return p;
    any_free(p, "memalign", DIRECT); /* a fresh one: no fault */
  }
  return large_memalign(alignment, n, frame);
}

size_t usable_any(const void *p, const char *entry, const void *site) {
  if (p == NULL)
    return 0;
  if (range_holds(p))
    return heap_usable(p, entry, site);
  if (spill_holds(p))
    return spill_bytes(p);
  large_must_hold(p, entry, site);
  return jep_malloc_usable_size((void *)p);
}

/* To a place of another kind: both heaps take part, or two classes of ours. */
static void *move(void *p, size_t old, size_t n, const char *entry, const void *frame) {
  int saved = errno;
  void *to = any_alloc(n, frame);
  if (to == NULL && n <= old) { /* what shrinks has a place already */
    errno = saved;
    return p;
  }
  if (to != NULL) {
    memcpy(to, p, old < n ? old : n);
    any_free(p, entry, frame_site(frame));
  }
  return to;
}

/* Inside the gate.  The tag goes before the object may become another thread's, and comes back if
 * it stays. */
static void *large_resize(struct asker a, void *p, size_t n, int flags) {
  struct large_tag before;
  bool had = may_have_tag(p) && large_tags_take(p, &before);
  size_t held = had ? jep_malloc_usable_size(p) : 0;
  bool cached = large_thread_cached();
  unsigned kind = large_kind(p);
  void *to;
  flags = alone(a, n, flags);
  bool tried = false;
  do
    to = cached && flags == 0 ? jep_realloc(p, n)
                              : jep_rallocx(p, n, cached ? flags : flags | LARGE_NO_CACHE);
  while (try_again(to, n, &tried));
  if (to != NULL) {
    large_spare_give(shelf_kind_bytes(kind));
    /* One that stays may be in an arena of the program's own. */
    note(a, to,
         to != p && flags == 0 ? shelf_kind(n)
         : n > SHELF_MOST      ? shelf_kind_apart(n)
         : to != p             ? LARGE_PLAIN
                               : kind);
  }
  if (unlikely(had))
    tagged_large_moved(a.h, &before, held, to, n, a.site);
  else if (unlikely(a.site != SITE_NONE) && to != NULL)
    tagged_large_put(a.h, to, n, a.site, 0);
  return to;
}

void *large_realloc(void *p, size_t old, size_t n, int flags, const char *entry,
                    const void *frame) {
  if (n > PTRDIFF_MAX)
    return counted(own_heap(), NULL);
  if (spill_holds(p))
    return move(p, old, n, entry, frame);
  struct asker a = asker(n, frame);
  while (unlikely(!gate_enter(a.h)))
    if (flags == 0) /* what asks for more than a size waits for the fork */
      return move(p, old, n, entry, frame);
  void *to = large_resize(a, p, n, flags);
  gate_leave(a.h);
  if (likely(counted(a.h, to) != NULL))
    count_free(a.h);
  return to;
}

size_t large_xallocx(void *p, size_t n, size_t extra, int flags, const void *frame) {
  struct asker a = asker(n, frame);
  if (unlikely(!gate_enter(a.h))) /* it may say that nothing could be done */
    return jep_malloc_usable_size(p);
  struct large_tag before;
  size_t held = jep_malloc_usable_size(p);
  bool had = may_have_tag(p) && large_tags_take(p, &before);
  unsigned kind = large_kind(p);
  size_t got = jep_xallocx(p, n, extra, flags);
  if (got > SHELF_MOST && kind != LARGE_PLAIN) {
    large_spare_give(shelf_kind_bytes(kind));
    note(a, p, shelf_kind_apart(got));
  }
  if (unlikely(had))
    tagged_large_moved(a.h, &before, held, got >= n ? p : NULL, n, a.site);
  gate_leave(a.h);
  if (got >= n) { /* as a realloc in place */
    counted(a.h, p);
    count_free(a.h);
  }
  return got;
}

/* A small object that can keep its cell; with tags it counts as freed and allocated anew. */
static bool stays(void *p, size_t cell, size_t n, const void *frame) {
  if (n > cell || !cell_suits(cell, n))
    return false;
  /* A tag has no room for the size of the largest cell, which no small request has. */
  return likely(!range.tagged) || (n <= SMALL_MAX && tagged_resize(p, n, frame));
}

/* From a full cell to a larger one. */
static void *grow(void *p, size_t cell, size_t n, const char *entry, const void *frame) {
  void *to = small_cell(growth_class(n), n, frame);
  if (unlikely(to == NULL))
    return NULL;
  memcpy(to, p, cell);
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
  if (n <= SMALL_MAX)
    return move(p, old, n, entry, frame);
  return large_realloc(p, old, n, 0, entry, frame);
}

void *realloc_attend(void *to, void *p, const char *entry, const void *frame) {
  heap_attend(p, slab_of(p), entry, frame_site(frame));
  return to;
}
