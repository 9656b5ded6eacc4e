/* Counts of large requests; contract in large_request.h. */
#include "large_request.h"

hidden _Atomic uint64_t heapless_large_allocs, heapless_large_frees;

/* In the child of a fork: what is alive counts as allocated, by nobody in particular. */
void large_counts_fork_child(void) {
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
