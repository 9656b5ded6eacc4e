/* Aligned requests and usable sizes of both allocators; contract in route.h. */
#include "route.h"
#include "fork_fallback.h"
#include "huge.h"
#include "invalid_pointer.h"
#include "jemalloc.h"
#include "large.h"

void *aligned_any(size_t alignment, size_t n, const void *frame) {
  if (alignment <= GRAIN)
    return any_alloc(n, frame);
  /* Cells start at multiples of their size in a slab aligned to 64 KiB: a size that is a
   * multiple of the alignment gives aligned objects. */
  size_t padded = round_up(n + (n == 0), alignment);
  if (n <= SMALL_MAX && padded <= class_bytes(CLASSES)) {
    struct heap *h = heap_self;
    size_t c = class_of(padded);
    if (h->head[c] == NULL && unlikely(sample_is_due_or_postponed(h, c)))
      return small_sample(h, (unsigned)c, alignment, n, frame);
    void *p = small_cell(c, n, frame);
    if (likely((uintptr_t)p % alignment == 0)) /* NULL, or from our heap */
      return p;
    any_free(p, "memalign", DIRECT); /* no message will name it: p is valid */
  }
  return large_memalign(alignment, n, frame);
}

size_t usable_any(const void *p, const char *entry, const void *caller) {
  if (p == NULL)
    return 0;
  if (range_holds(p))
    return heap_usable(p, entry, caller);
  if (fallback_holds(p))
    return fallback_bytes(p);
  large_check_pointer(p, entry, caller);
  if (likely(!huge_holds(p)))
    return jep_malloc_usable_size((void *)p);
  size_t bytes = huge_bytes(p);
  if (unlikely(bytes == 0))
    invalid_large(entry, p, caller);
  return bytes;
}
