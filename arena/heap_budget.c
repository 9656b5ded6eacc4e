/* How much idle memory heaps may keep.  Contract: heap_budget.h. */
#include "heap_budget.h"
#include "os.h"

_Atomic int32_t budget_heaps;
static _Atomic uint64_t ended;   /* sum of idle_bytes */
static _Atomic uint64_t missed;  /* sum of missed_bytes */
static _Atomic uint32_t look_ms; /* when memory of ended threads was last looked for */

static void leave_ended(struct heap *h) {
  uint64_t idle = count_get(&h->idle_bytes);
  if (idle == 0)
    return;
  atomic_store_explicit(&h->idle_bytes, 0, memory_order_relaxed);
  atomic_fetch_sub_explicit(&ended, idle, memory_order_relaxed);
}

void budget_begin(struct heap *h) {
  leave_ended(h);
  atomic_fetch_add_explicit(&budget_heaps, 1, memory_order_relaxed);
}

/* May the ended threads' heaps have so many bytes more?  (A sum below 0, which a fork by a signal
 * handler in the middle of budget_begin can leave in the child, grants nothing.) */
static bool is_granted(const struct heap *h, uint64_t idle) {
  uint64_t sum = count_get(&ended) + idle;
  return sum <= BUDGET_ENDED_BYTES || (idle <= h->missed_bytes && sum <= BUDGET_MISSED_BYTES);
}

bool budget_end(struct heap *h) {
  uint64_t carved = count_get(&h->carved_bytes);
  h->pinned_bytes = carved < h->pinned_bytes ? carved : h->pinned_bytes;
  uint64_t idle = carved + h->dirty_bytes - h->pinned_bytes;
  atomic_fetch_sub_explicit(&budget_heaps, 1, memory_order_relaxed);
  atomic_store_explicit(&h->ended_ms, os_now_ms(), memory_order_relaxed);
  if (!is_granted(h, idle))
    return false;
  atomic_store_explicit(&h->idle_bytes, idle, memory_order_relaxed);
  atomic_fetch_add_explicit(&ended, idle, memory_order_relaxed);
  return true;
}

void budget_trimmed(struct heap *h) {
  leave_ended(h);
  h->pinned_bytes = count_get(&h->carved_bytes);
}

bool budget_look_is_due(void) {
  uint32_t now = os_now_ms(), last = atomic_load_explicit(&look_ms, memory_order_relaxed);
  return now - last >= BUDGET_LOOK_MS &&
         atomic_compare_exchange_strong_explicit(&look_ms, &last, now, memory_order_relaxed,
                                                 memory_order_relaxed);
}

bool budget_is_old(const struct heap *h) {
  return os_now_ms() - atomic_load_explicit(&h->ended_ms, memory_order_relaxed) >= EMPTY_DELAY_MS;
}

bool budget_miss(uint64_t bytes) {
  uint64_t before = atomic_fetch_add_explicit(&missed, bytes, memory_order_relaxed);
  if (before < BUDGET_MISSED_BYTES || !budget_is_tight())
    return true;
  budget_miss_end(bytes);
  return false;
}

void budget_miss_end(uint64_t bytes) {
  atomic_fetch_sub_explicit(&missed, bytes, memory_order_relaxed);
}

void budget_fork_child(const struct heap *mine) {
  const struct heap *beside = mine != NULL ? mine->beside : NULL;
  atomic_store(&budget_heaps, (mine != NULL) + (beside != NULL));
  atomic_store(&ended, 0);
  atomic_store(&missed, (mine != NULL ? mine->missed_bytes : 0) +
                            (beside != NULL ? beside->missed_bytes : 0));
}
