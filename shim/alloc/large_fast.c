/* The fast paths of large requests: what a program without tags takes nearly always, and what a
 * program with samples takes between two of them.
 *
 *   large_fast      without tags: this thread has its jemalloc cache, and no figures are to be
 *                   refreshed.  Set by large_alloc_any, cleared when the thread ends; false in an
 *                   empty record, so a thread without a heap needs no test of its own
 *   heap_between    the same with samples, for a request that is not one
 *
 * Each step serves what the one before it cannot:
 *
 *   cache_take, cache_put   what this thread freed, of the most frequent sizes (thread_cache.h)
 *   extent_take, extent_put the same of larger ones, for all threads (extent_cache.h)
 *   ..._through_gate        jemalloc, if gate_word is 0: no fork is under way, and no fallback
 *                           object is alive (fork_gate.h)
 *   large_..._any           the slow paths (large.h)
 */
#include "large_fast.h"
#include "caller.h"
#include "extent_cache.h"
#include "fork_gate.h"
#include "invalid_pointer.h"
#include "jemalloc.h"
#include "large.h"
#include "large_request.h"
#include "own_calls.h"
#include "thread_cache.h"
#include "thread_record.h"
#include "thread_state.h"

/* ---- what both share ---- */

/* Enters the gate.  False, and not inside, if a fork is under way or a fallback object is alive. */
static inline bool enter(struct heap *h) {
  record_of(h)->outside++;
  atomic_signal_fence(memory_order_seq_cst);
  if (likely(gate_word() == 0))
    return true;
  record_of(h)->outside--;
  return false;
}

static inline void *take_cached(struct heap *h, size_t n) {
  void *p = n <= CACHED_MOST ? cache_take(h, large_class(n)) : NULL;
  if (likely(p != NULL))
    count_add(&counts_of(h)->large_allocs, 1);
  return p;
}

/* An object from jemalloc; NULL: this is left to the slow path, and nothing was counted. */
static inline void *take_through_gate(struct heap *h, size_t n) {
  if (n <= CACHED_MOST)
    cache_was_empty(h, large_class(n));
  if (unlikely(n >= HUGE_LEAST) || unlikely(!enter(h)))
    return NULL;
  void *p = n >= EXTENT_LEAST ? extent_take(h, large_class(n)) : NULL;
  if (p == NULL)
    p = jep_malloc(n);
  if (likely(p != NULL))
    large_note(p, page_kind_for(n));
  gate_leave(h);
  if (unlikely(p == NULL))
    return NULL;
  count_add(&counts_of(h)->large_allocs, 1);
  purge_if_due(h);
  return p;
}

/* An invalid pointer, a sample and a huge object go on to the slow path, too: their page says no
 * size. */
static __attribute__((noinline)) void free_through_gate(void *p, const char *entry,
                                                        const void *caller) {
  struct heap *h = heap_self;
  unsigned kind = page_kind(p);
  cache_check(h, p, entry, CALLER(caller));
  if (unlikely(extent_is_cached(p)))
    invalid_large(entry, p, CALLER(caller));
  cache_was_full(h, kind);
  if (unlikely(!page_kind_is_sized(kind)) || unlikely(!enter(h))) {
    large_free_any(p, entry, CALLER(caller));
    return;
  }
  unsigned k = kind - (PAGE_PLAIN + 1);
  if (!extent_has_class(k) || !extent_put(h, p, k))
    jep_free(p);
  gate_leave(h);
  count_add(&counts_of(h)->large_frees, 1);
  purge_note_free(page_kind_bytes(kind));
  purge_if_due(h);
}

/* Calls nothing but as its last act. */
static inline void free_fast(struct heap *h, void *p, const char *entry, const void *caller) {
  if (likely(cache_put(h, p)))
    count_add(&counts_of(h)->large_frees, 1);
  else
    free_through_gate(p, entry, caller);
}

/* ---- between samples ---- */

/* The calling thread's heap, if it may take the fast path and a request of n bytes is no sample. */
static inline struct heap *heap_between(size_t n) {
  struct heap *h = heap_self;
  return large_between_samples && thread_state == THREAD_CACHED && heap_is_real(h) &&
                 (int64_t)n <= record_of(h)->until_sample
             ? h
             : NULL;
}

static __attribute__((noinline)) void *alloc_between(size_t n, const void *frame) {
  struct heap *h = heap_between(n);
  void *p = NULL;
  if (likely(h != NULL) && (p = take_cached(h, n)) == NULL)
    p = take_through_gate(h, n);
  if (unlikely(p == NULL))
    return large_alloc_any(n, frame);
  record_of(h)->until_sample -= (int64_t)n;
  return p;
}

static __attribute__((noinline)) void *calloc_between(size_t n, const void *frame) {
  struct heap *h = heap_between(n);
  void *p = h != NULL ? take_cached(h, n) : NULL;
  if (p == NULL)
    return large_calloc_any(n, frame);
  record_of(h)->until_sample -= (int64_t)n;
  return libc_memset(p, 0, n);
}

static __attribute__((noinline)) void free_between(void *p, const char *entry, const void *caller) {
  struct heap *h = heap_between(0);
  if (h != NULL)
    free_fast(h, p, entry, caller);
  else
    large_free_any(p, entry, caller);
}

/* ---- without tags, and the entries ---- */

static __attribute__((noinline)) void *alloc_through_gate(struct heap *h, size_t n,
                                                          const void *frame) {
  void *p = take_through_gate(h, n);
  return likely(p != NULL) ? p : large_alloc_any(n, frame);
}

void *large_alloc(size_t n, const void *frame) {
  struct heap *h = heap_self;
  if (unlikely(!record_of(h)->large_fast))
    return alloc_between(n, frame);
  void *p = take_cached(h, n);
  return likely(p != NULL) ? p : alloc_through_gate(h, n, frame);
}

void *large_calloc(size_t n, const void *frame) {
  struct heap *h = heap_self;
  if (unlikely(!record_of(h)->large_fast))
    return calloc_between(n, frame);
  void *p = take_cached(h, n);
  return likely(p != NULL) ? libc_memset(p, 0, n) : large_calloc_any(n, frame);
}

/* No register is saved: `caller` may be DIRECT. */
void large_free(void *p, const char *entry, const void *caller) {
  struct heap *h = heap_self;
  if (likely(record_of(h)->large_fast))
    free_fast(h, p, entry, caller);
  else
    free_between(p, entry, CALLER(caller));
}
