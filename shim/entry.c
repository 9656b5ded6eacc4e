/* The slower paths behind the entries; contract in entry.h. */
#include "entry.h"
#include "gate.h"
#include "large_thread.h"
#include "spill.h"
#include "start.h"
#include "stray.h"

#include <errno.h>
#include <string.h>

hidden _Atomic uint64_t heapless_large_allocs, heapless_large_frees;

/* The calling thread's heap, taken now if it has none yet; NULL at the thread's end, or without
 * memory. */
static inline struct heap *own_heap(void) {
  struct heap *h = heap_self;
  if (likely(heap_is_real(h)))
    return h;
  return h == &heap_none && start_once() ? heap_acquire() : NULL;
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

static inline void *counted(struct heap *h, void *p) {
  if (unlikely(p == NULL)) {
    errno = ENOMEM;
  } else if (likely(h != NULL)) {
    count_add(&h->large_allocs, 1);
    if (unlikely(count_get(&h->large_allocs) % REFRESH_REQUESTS == 0))
      large_look(h);
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

void *large_alloc(size_t n) {
  struct heap *h = own_heap();
  void *p;
  n = n < GRAIN ? GRAIN : n; /* below 16 bytes jemalloc aligns to 8 */
  if (likely(enter_or_spill(h, GRAIN, n, &p))) {
    p = large_thread_cached() ? jep_malloc(n) : jep_mallocx(n, LARGE_NO_CACHE);
    gate_leave(h);
  }
  return counted(h, p);
}

void *large_calloc(size_t n) {
  struct heap *h = own_heap();
  void *p;
  n = n < GRAIN ? GRAIN : n;
  if (likely(enter_or_spill(h, GRAIN, n, &p))) {
    p = large_thread_cached() ? jep_calloc(1, n) : jep_mallocx(n, LARGE_NO_CACHE | LARGE_ZERO);
    gate_leave(h);
  }
  return counted(h, p);
}

void *large_memalign(size_t alignment, size_t n) {
  struct heap *h = own_heap();
  void *p;
  n += n == 0;
  if (n > PTRDIFF_MAX || alignment > PTRDIFF_MAX - n)
    return counted(h, NULL);
  if (likely(enter_or_spill(h, alignment, n, &p))) {
    p = large_thread_cached() ? jep_memalign(alignment, n)
                              : jep_mallocx(n, LARGE_NO_CACHE | __builtin_ctzl(alignment));
    gate_leave(h);
  }
  return counted(h, p);
}

void *large_mallocx(size_t n, int flags) {
  struct heap *h = own_heap();
  void *p;
  n = n < GRAIN ? GRAIN : n;
  if (n > PTRDIFF_MAX)
    return counted(h, NULL);
  size_t alignment = (size_t)1 << (flags & LARGE_ALIGN_BITS);
  if (likely(enter_or_spill(h, alignment < GRAIN ? GRAIN : alignment, n, &p))) {
    p = jep_mallocx(n, large_thread_cached() ? flags : flags | LARGE_NO_CACHE);
    gate_leave(h);
  }
  return counted(h, p);
}

/* The process's first request, a thread without a heap while there is no memory for one, or
 * a heap that was refused memory: jemalloc may have some. */
static cold void *small_refused(size_t c) {
  void *p = start_once() ? heap_alloc_slow(c) : NULL;
  return p != NULL ? p : large_alloc(class_bytes((unsigned)c));
}

void *small_slow(size_t c) {
  void *p = heap_alloc_slow(c);
  return likely(p != NULL) ? p : small_refused(c);
}

void large_must_hold(const void *p, const char *entry, const void *site) {
  if (unlikely(!large_holds(p)))
    stray_pointer(entry, p, site);
}

/* Gives an object back to jemalloc, or puts it aside while the gate is closed. */
static void release(struct heap *h, void *p, int flags) {
  if (unlikely(!gate_enter(h))) {
    spill_defer_free(p);
    if (atomic_load(&gate_closed) == 0) /* it opened meanwhile */
      large_settle();
    return;
  }
  if (unlikely(!large_thread_cached()))
    jep_dallocx(p, flags | LARGE_NO_CACHE);
  else if (flags != 0)
    jep_dallocx(p, flags);
  else
    jep_free(p);
  gate_leave(h);
}

void large_settle(void) {
  for (void *p; atomic_load(&gate_closed) == 0 && (p = spill_take_deferred()) != NULL;)
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
}

void large_free(void *p, const char *entry, const void *site) {
  if (p != NULL)
    large_free_flags(p, 0, entry, site != DIRECT ? site : caller());
}

void *aligned_any(size_t alignment, size_t n) {
  if (alignment <= GRAIN)
    return any_alloc(n);
  /* Cells start at multiples of their size in a slab aligned to 64 KiB: a size that is a
   * multiple of the alignment gives aligned objects. */
  size_t padded = round_up(n + (n == 0), alignment);
  if (n <= SMALL_MAX && padded <= class_bytes(CLASSES)) {
    void *p = small_alloc(padded - 1);
    if (likely((uintptr_t)p % alignment == 0)) /* NULL, or from our heap */
      return p;
    any_free(p, "memalign", DIRECT); /* a fresh one: no fault */
  }
  return large_memalign(alignment, n);
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
static void *move(void *p, size_t old, size_t n, const char *entry, const void *site) {
  int saved = errno;
  void *to = any_alloc(n);
  if (to == NULL && n <= old) { /* what shrinks has a place already */
    errno = saved;
    return p;
  }
  if (to != NULL) {
    memcpy(to, p, old < n ? old : n);
    any_free(p, entry, site);
  }
  return to;
}

void *large_realloc(void *p, size_t old, size_t n, int flags, const char *entry, const void *site) {
  struct heap *h = own_heap();
  if (n > PTRDIFF_MAX)
    return counted(h, NULL);
  if (spill_holds(p))
    return move(p, old, n, entry, site);
  while (unlikely(!gate_enter(h)))
    if (flags == 0) /* what asks for more than a size waits for the fork */
      return move(p, old, n, entry, site);
  bool cached = large_thread_cached();
  void *to = cached && flags == 0 ? jep_realloc(p, n)
                                  : jep_rallocx(p, n, cached ? flags : flags | LARGE_NO_CACHE);
  gate_leave(h);
  if (likely(counted(h, to) != NULL))
    count_free(h);
  return to;
}

void *realloc_any(void *p, size_t n, const char *entry, const void *site) {
  size_t old = usable_any(p, entry, site);
  if (range_holds(p)) {
    /* A smaller cell is worth a copy when it saves more than half. */
    if (n <= old && (n > old / 2 || class_bytes((unsigned)class_of(n)) == old))
      return p;
    return move(p, old, n, entry, site);
  }
  if (n <= SMALL_MAX)
    return move(p, old, n, entry, site);
  return large_realloc(p, old, n, 0, entry, site);
}
