/* The counts of threads without a heap, and what a fork does to all counts; contract in
 * large_counts.h. */
#include "large_counts.h"
#include "heap_thread.h"

hidden _Atomic uint64_t heapless_large_allocs, heapless_large_frees;

void large_counts_fork_child(void) {
  uint64_t live = count_get(&heapless_large_allocs) - count_get(&heapless_large_frees);
  for (unsigned i = 0; i < heap_count(); i++) {
    struct heap_counts *n = counts_of(heap_at(i));
    live += count_get(&n->large_allocs) - count_get(&n->large_frees);
    n->large_allocs = 0;
    n->large_frees = 0;
  }
  heapless_large_allocs = live;
  heapless_large_frees = 0;
}
