/* The straight paths of large requests: what a program without tags takes nearly always.
 *
 *   straight   the thread's jemalloc cache is there, no tags, no figures to be refreshed: decided
 *              in large_alloc_any, forgotten when the heap changes hands
 *   detours    no fork is under way, no object went another way (gate.h)
 *
 * An empty record's `straight` is false, so a thread without a heap needs no test of its own.
 */
#include "entry.h"
#include "gate.h"
#include "large_spare.h"

void *large_alloc(size_t n, const void *frame) {
  struct heap *h = heap_self;
  if (likely(h->straight) && likely(n < LARGE_BIG)) {
    h->outside++;
    atomic_signal_fence(memory_order_seq_cst);
    if (likely(gate_word() == 0)) {
      void *p = jep_malloc(n);
      gate_leave(h);
      if (likely(p != NULL)) {
        count_add(&h->large_allocs, 1);
        return p;
      }
    } else {
      h->outside--;
    }
  }
  return large_alloc_any(n, frame);
}

void large_free(void *p, const char *entry, const void *site) {
  struct heap *h = heap_self;
  if (likely(h->straight)) {
    h->outside++;
    atomic_signal_fence(memory_order_seq_cst);
    if (likely(gate_word() == 0) && likely(large_holds(p))) {
      jep_free(p);
      gate_leave(h);
      count_add(&h->large_frees, 1);
      return;
    }
    h->outside--;
  }
  large_free_any(p, entry, site != DIRECT ? site : caller());
}
