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

static inline void *counted(struct heap *h, void *p) {
  if (unlikely(p == NULL))
    errno = ENOMEM;
  else if (likely(h != NULL))
    count_add(&h->large_allocs, 1);
  else
    atomic_fetch_add_explicit(&heapless_large_allocs, 1, memory_order_relaxed);
  return p;
}

static inline void count_free(struct heap *h) {
  if (likely(h != NULL))
    count_add(&h->large_frees, 1);
  else
    atomic_fetch_add_explicit(&heapless_large_frees, 1, memory_order_relaxed);
}

void large_count_alloc(void) { counted(own_heap(), &heapless_large_allocs); }
void large_count_free(void) { count_free(own_heap()); }

void *large_alloc(size_t n) {
  struct heap *h = own_heap();
  n = n < GRAIN ? GRAIN : n; /* below 16 bytes jemalloc aligns to 8 */
  if (unlikely(!gate_enter(h)))
    return counted(h, spill_alloc(GRAIN, n));
  void *p = large_thread_cached() ? jep_malloc(n) : jep_mallocx(n, LARGE_NO_CACHE);
  gate_leave(h);
  return counted(h, p);
}

void *large_calloc(size_t n) {
  struct heap *h = own_heap();
  n = n < GRAIN ? GRAIN : n;
  if (unlikely(!gate_enter(h)))
    return counted(h, spill_alloc(GRAIN, n));
  void *p = large_thread_cached() ? jep_calloc(1, n) : jep_mallocx(n, LARGE_NO_CACHE | LARGE_ZERO);
  gate_leave(h);
  return counted(h, p);
}

void *large_memalign(size_t alignment, size_t n) {
  struct heap *h = own_heap();
  if (n > PTRDIFF_MAX || alignment > PTRDIFF_MAX - n)
    return counted(h, NULL);
  if (unlikely(!gate_enter(h)))
    return counted(h, spill_alloc(alignment, n));
  n += n == 0;
  void *p = large_thread_cached() ? jep_memalign(alignment, n)
                                  : jep_mallocx(n, LARGE_NO_CACHE | __builtin_ctzl(alignment));
  gate_leave(h);
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

/* free jumps here, so that the return address is its caller's. */
void large_free(void *p) {
  if (p == NULL)
    return;
  struct heap *h = own_heap();
  count_free(h);
  if (spill_holds(p)) {
    spill_free(p);
    return;
  }
  large_must_hold(p, "free", caller());
  if (unlikely(!gate_enter(h))) {
    spill_defer_free(p);
    return;
  }
  if (large_thread_cached())
    jep_free(p);
  else
    jep_dallocx(p, LARGE_NO_CACHE);
  gate_leave(h);
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
    any_free(p);
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
static void *move(void *p, size_t old, size_t n) {
  void *to = any_alloc(n);
  if (to != NULL) {
    memcpy(to, p, old < n ? old : n);
    any_free(p);
  }
  return to;
}

static void *large_realloc(void *p, size_t old, size_t n) {
  struct heap *h = own_heap();
  if (n > PTRDIFF_MAX)
    return counted(h, NULL);
  if (spill_holds(p) || unlikely(!gate_enter(h)))
    return move(p, old, n);
  bool cached = large_thread_cached();
  void *to = counted(h, cached ? jep_realloc(p, n) : jep_rallocx(p, n, LARGE_NO_CACHE));
  gate_leave(h);
  if (likely(to != NULL))
    count_free(h);
  return to;
}

void *realloc_any(void *p, size_t n, const char *entry, const void *site) {
  size_t old = usable_any(p, entry, site);
  if (range_holds(p)) {
    /* A smaller cell is worth a copy when it saves more than half. */
    if (n <= old && (n > old / 2 || class_bytes((unsigned)class_of(n)) == old))
      return p;
    return move(p, old, n);
  }
  if (n <= SMALL_MAX)
    return move(p, old, n);
  return large_realloc(p, old, n);
}
