/* The slower paths behind the entries; contract in entry.h. */
#include "asker.h"
#include "gate.h"
#include "large_thread.h"
#include "spill.h"
#include "stray.h"

hidden _Atomic uint64_t heapless_large_allocs, heapless_large_frees;

/* A fork that has the gate closed, or a handler that interrupted jemalloc, may not wait for it. */
void large_look(struct heap *h) {
  if (h->outside > 0 || !large_remember_due() || !gate_try(h))
    return;
  int saved = errno;
  large_remember();
  gate_leave(h);
  errno = saved;
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

/* True: the thread is inside the gate, and jemalloc there.  False: it has a spilled object instead,
 * or NULL. */
static inline bool enter_or_spill(struct heap *h, size_t alignment, size_t n, void **spilled) {
  while (unlikely(!gate_enter(h)))
    if ((*spilled = spill_alloc(alignment, n)) != NULL)
      return false;
  if (likely(large_thread_ready()))
    return true;
  gate_leave(h);
  *spilled = NULL;
  return false;
}

/* The thread's arena has nothing, or could not be made: the first one may have some. */
static inline void *or_first_arena(void *p, size_t n, int flags) {
  return likely(p != NULL) ? p : jep_mallocx(n, flags | LARGE_NO_CACHE | LARGE_FIRST_ARENA);
}

/* A sample of small requests has the room of the cell that it stands for. */
static inline size_t served_bytes(struct asker a, size_t least, size_t n) {
  size_t bytes = n < least ? least : n;
  return bytes < a.cell ? a.cell : bytes;
}

static void *serve_aligned(struct asker a, size_t alignment, size_t n) {
  void *p;
  size_t bytes = served_bytes(a, 1, n);
  if (needs_page(a, alignment, bytes) && alignment < PAGE_BYTES)
    alignment = PAGE_BYTES;
  if (bytes > PTRDIFF_MAX || alignment > PTRDIFF_MAX - bytes)
    return counted(a.h, NULL);
  if (likely(enter_or_spill(a.h, alignment, bytes, &p))) {
    bool tried = false;
    do
      p = jep_memalign(alignment, bytes);
    while (try_again(p, bytes, &tried));
    p = or_first_arena(p, bytes, __builtin_ctzl(alignment));
    note(a, p, shelf_kind_apart(bytes));
    tag(a, p, n);
    gate_leave(a.h);
  }
  return counted(a.h, p);
}

static inline void *serve_large(struct asker a, size_t n) {
  void *p;
  size_t bytes = served_bytes(a, GRAIN, n); /* below 16 bytes jemalloc aligns to 8 */
  if (needs_page(a, GRAIN, bytes))
    return serve_aligned(a, PAGE_BYTES, n);
  if (likely(enter_or_spill(a.h, GRAIN, bytes, &p))) {
    bool tried = false;
    do
      p = jep_malloc(bytes);
    while (try_again(p, bytes, &tried));
    p = or_first_arena(p, bytes, 0);
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
  shelf_open(a.h);
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
    bool tried = false;
    do
      p = likely(!needs_page(a, GRAIN, n)) ? jep_calloc(1, bytes)
                                           : jep_mallocx(bytes, alone(a, n, LARGE_ZERO));
    while (try_again(p, bytes, &tried));
    p = or_first_arena(p, bytes, alone(a, n, LARGE_ZERO));
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
  size_t bytes = n + (n == 0);
  if (bytes > PTRDIFF_MAX)
    return counted(a.h, NULL);
  size_t alignment = (size_t)1 << (flags & LARGE_ALIGN_BITS);
  if (likely(enter_or_spill(a.h, alignment < GRAIN ? GRAIN : alignment, bytes, &p))) {
    p = jep_mallocx(bytes, alone(a, n, flags));
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

/* Is the next request of class c a sample?  Not a handler's, while jemalloc is at work below it:
 * then the one after it is. */
static inline bool is_sample_due(struct heap *h, size_t c) {
  if (likely(h->cut[c] != 1))
    return false;
  if (h->outside > 0)
    h->cut[c] = 2;
  return h->cut[c] == 1;
}

static __attribute__((noinline)) void *small_untagged(size_t n, const void *frame, size_t c) {
  struct heap *h = heap_self;
  void *p = NULL;
  if (unlikely(c == 0) && (p = heap_pop(1)) != NULL)
    return p; /* no bytes: these always come here, and the list of class 1 need not be empty */
  if (unlikely(is_sample_due(h, c + (c == 0))))
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
static void release(struct heap *h, void *p, int flags, const char *entry, const void *site) {
  if (unlikely(!gate_enter(h))) {
    spill_defer_free(p);
    if (gate_is_open()) /* it opened meanwhile */
      large_settle();
    return;
  }
  if (unlikely(!untag(h, p))) {
    gate_leave(h);
    stray_large(entry, p, site);
  }
  large_spare_give(object_bytes(p, large_kind(p)));
  large_thread_ready();
  if (flags != 0)
    jep_dallocx(p, flags);
  else
    jep_free(p);
  gate_leave(h);
}

void large_settle(void) {
  for (void *p; gate_is_open() && (p = spill_take_deferred()) != NULL;)
    release(own_heap(), p, 0, "free", DIRECT);
}

void large_free_flags(void *p, int flags, const char *entry, const void *site) {
  struct heap *h = own_heap();
  if (spill_holds(p)) {
    spill_free(p);
  } else {
    large_must_hold(p, entry, site);
    release(h, p, flags, entry, site);
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
    if (h->head[c] == NULL && unlikely(is_sample_due(h, c)))
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
