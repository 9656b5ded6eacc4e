/* The straight paths of large requests: what a program without tags takes nearly always.
 *
 *   straight   the thread's jemalloc cache is there, no tags, no figures to be refreshed: decided
 *              in large_alloc_any, forgotten when the heap changes hands
 *   shelf      what this thread freed, of the sizes that most requests have (shelf.h): no gate
 *   detours    no fork is under way, no object went another way (gate.h)
 *
 * An empty record's `straight` is false, so a thread without a heap needs no test of its own.
 */
#include "entry.h"
#include "gate.h"
#include "large_spare.h"
#include "shelf.h"

#include <string.h>

static __attribute__((noinline)) void *through_gate(struct heap *h, size_t n, const void *frame) {
  h->outside++;
  atomic_signal_fence(memory_order_seq_cst);
  if (unlikely(gate_word() != 0)) {
    h->outside--;
    return large_alloc_any(n, frame);
  }
  void *p = jep_malloc(n);
  unsigned kind = shelf_kind(n);
  large_note(p, kind);
  gate_leave(h);
  if (unlikely(p == NULL))
    return large_alloc_any(n, frame);
  count_add(&h->large_allocs, 1);
  large_spare_take(shelf_kind_bytes(kind));
  if (unlikely(large_spare_due()))
    large_spare_look(h, 0);
  return p;
}

void *large_alloc(size_t n, const void *frame) {
  struct heap *h = heap_self;
  if (unlikely(!h->straight))
    return large_alloc_any(n, frame);
  if (n > SHELF_MOST)
    return through_gate(h, n, frame);
  void *p = shelf_take(h, shelf_class(n));
  if (unlikely(p == NULL))
    return through_gate(h, n, frame);
  count_add(&h->large_allocs, 1);
  return p;
}

void *large_calloc(size_t n, const void *frame) {
  struct heap *h = heap_self;
  void *p = NULL;
  if (likely(h->straight) && n <= SHELF_MOST && n > SMALL_MAX)
    p = shelf_take(h, shelf_class(n));
  if (p == NULL)
    return large_calloc_any(n, frame);
  count_add(&h->large_allocs, 1);
  return memset(p, 0, n);
}

static __attribute__((noinline)) void free_through_gate(void *p, const char *entry,
                                                        const void *site) {
  struct heap *h = heap_self;
  unsigned kind = large_kind(p);
  shelf_check(h, p, entry, SITE(site));
  h->outside++;
  atomic_signal_fence(memory_order_seq_cst);
  if (unlikely(gate_word() != 0) || unlikely(kind == LARGE_NONE)) {
    h->outside--;
    large_free_any(p, entry, SITE(site));
    return;
  }
  jep_free(p);
  gate_leave(h);
  count_add(&h->large_frees, 1);
  large_spare_give(shelf_kind_bytes(kind));
  if (unlikely(large_spare_due()))
    large_spare_look(h, 0);
}

/* Calls nothing but as its last act: `site` may be DIRECT, and no register is saved. */
void large_free(void *p, const char *entry, const void *site) {
  struct heap *h = heap_self;
  if (unlikely(!h->straight))
    large_free_any(p, entry, SITE(site));
  else if (likely(shelf_put(h, p)))
    count_add(&h->large_frees, 1);
  else
    free_through_gate(p, entry, site);
}
