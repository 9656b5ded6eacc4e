/* The slow paths of malloc and free.  Contract: heap.h. */
#include "heap.h"
#include "heap_pair.h"
#include "heap_tag.h"
#include "heap_visit.h"

/* For a thread that has no heap yet, or none any more. */
static cold void *alloc_heapless(struct heap *h, unsigned c) {
  if (range.tagged) /* the caller then asks heap_tag.h */
    return NULL;
  if (h == &heap_over) {
    uint64_t signals;
    h = heap_borrow(false, &signals);
    if (h == NULL)
      return NULL;
    void *p = heap_take_cell(h, c);
    heap_return(h, &signals);
    return p;
  }
  h = heap_acquire();
  return h == NULL || h->tagged ? NULL : heap_take_cell(h, c);
}

void *heap_alloc_slow(size_t c) {
  struct heap *h = heap_self;
  if (unlikely(!heap_is_real(h)))
    return alloc_heapless(h, c == 0 ? 1 : (unsigned)c);
  return heap_take_cell(h, c == 0 ? 1 : (unsigned)c); /* one just taken over has lists */
}

/* In the heap that this thread has put aside. */
static void free_aside(void *p, struct slab *s, const char *entry, const void *caller) {
  if (!slab_has_cell(s, p) || *s->freed_to == p)
    fault_in_slab(s, entry, p, caller);
  if (heap_free_fast(s, p))
    heap_on_countdown(p, s, entry, caller);
}

static __attribute__((noinline)) void free_untagged(void *p, struct slab *s, const char *entry,
                                                    const void *caller) {
  struct heap *owner = s->owner;
  uint32_t cell = slab_cell_index(s, p);
  if (owner != NULL && heap_is_aside(owner)) {
    free_aside(p, s, entry, CALLER(caller));
    return;
  }
  if (unlikely(owner == NULL || owner == heap_self || !slab_has_cell(s, p) ||
               !mail_put(s, &owner->inbox, cell)))
    fault_in_slab(s, entry, p, CALLER(caller));
  heap_visit_after_free(cell);
}

void heap_free_slow(void *p, struct slab *s, const char *entry, const void *caller) {
  if (slab_is_tagged(s))
    heap_free_tagged(p, s, entry, caller);
  else
    free_untagged(p, s, entry, caller);
}
