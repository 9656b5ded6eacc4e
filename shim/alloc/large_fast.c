/* The straight paths of large requests: what a program without tags takes nearly always.
 *
 *   straight   the thread's jemalloc cache is there, no tags, no figures to be refreshed: decided
 *              in large_alloc_any, forgotten when the heap changes hands
 *   between    the same with samples: until the bytes to the next one are used up
 *   shelf      what this thread freed, of the sizes that most requests have (thread_cache.h): no
 * gate detours    no fork is under way, no object went another way (fork_gate.h)
 *
 * An empty record's `straight` is false, so a thread without a heap needs no test of its own.
 */
#include "large_fast.h"
#include "caller.h"
#include "fork_gate.h"
#include "jemalloc.h"
#include "large.h"
#include "own_calls.h"
#include "page_map.h"
#include "purge_policy.h"
#include "setup.h"
#include "size_class.h"
#include "thread_cache.h"
#include "thread_state.h"

/* NULL: a fork is under way, an object went another way, or jemalloc has no memory. */
static inline void *gated(struct heap *h, size_t n) {
  h->outside++;
  atomic_signal_fence(memory_order_seq_cst);
  if (unlikely(gate_word() != 0)) {
    h->outside--;
    return NULL;
  }
  void *p = jep_malloc(n);
  unsigned kind = page_kind_for(n);
  page_map_note(p, kind);
  gate_leave(h);
  if (unlikely(p == NULL))
    return NULL;
  count_add(&h->large_allocs, 1);
  purge_note_alloc(page_kind_bytes(kind));
  if (unlikely(purge_is_due()))
    purge_run(h, 0);
  return p;
}

static __attribute__((noinline)) void *through_gate(struct heap *h, size_t n, const void *frame) {
  void *p = gated(h, n);
  return likely(p != NULL) ? p : large_alloc_any(n, frame);
}

static inline void *from_cache(struct heap *h, size_t n) {
  void *p = n <= CACHED_MOST && n > SMALL_MAX ? cache_take(h, large_class(n)) : NULL;
  if (likely(p != NULL))
    count_add(&h->large_allocs, 1);
  return p;
}

/* ---- between samples ---- */

/* The calling thread's heap, if that is where it is and a request of n bytes is no sample. */
static inline struct heap *between(size_t n) {
  struct heap *h = heap_self;
  return large_between_samples && thread_state == THREAD_CACHED && heap_is_real(h) &&
                 (int64_t)n <= h->until_sample
             ? h
             : NULL;
}

static __attribute__((noinline)) void *alloc_between(size_t n, const void *frame) {
  struct heap *h = between(n);
  void *p = NULL;
  if (likely(h != NULL) && (p = from_cache(h, n)) == NULL)
    p = gated(h, n);
  if (unlikely(p == NULL))
    return large_alloc_any(n, frame);
  h->until_sample -= (int64_t)n;
  return p;
}

static __attribute__((noinline)) void *calloc_between(size_t n, const void *frame) {
  struct heap *h = between(n);
  void *p = h != NULL ? from_cache(h, n) : NULL;
  if (p == NULL)
    return large_calloc_any(n, frame);
  h->until_sample -= (int64_t)n;
  return libc_memset(p, 0, n);
}

static void free_through_gate(void *p, const char *entry, const void *site);

static __attribute__((noinline)) void free_between(void *p, const char *entry, const void *site) {
  struct heap *h = between(0);
  if (h == NULL)
    large_free_any(p, entry, site);
  else if (likely(cache_put(h, p)))
    count_add(&h->large_frees, 1);
  else
    free_through_gate(p, entry, site);
}

/* ---- the entries ---- */

void *large_alloc(size_t n, const void *frame) {
  struct heap *h = heap_self;
  if (unlikely(!h->straight))
    return alloc_between(n, frame);
  if (n > CACHED_MOST)
    return through_gate(h, n, frame);
  void *p = cache_take(h, large_class(n));
  if (unlikely(p == NULL))
    return through_gate(h, n, frame);
  count_add(&h->large_allocs, 1);
  return p;
}

void *large_calloc(size_t n, const void *frame) {
  struct heap *h = heap_self;
  if (unlikely(!h->straight))
    return calloc_between(n, frame);
  void *p = from_cache(h, n);
  if (p == NULL)
    return large_calloc_any(n, frame);
  return libc_memset(p, 0, n);
}

static __attribute__((noinline)) void free_through_gate(void *p, const char *entry,
                                                        const void *site) {
  struct heap *h = heap_self;
  unsigned kind = page_kind(p);
  cache_check(h, p, entry, SITE(site));
  h->outside++;
  atomic_signal_fence(memory_order_seq_cst);
  if (unlikely(gate_word() != 0) || unlikely(kind <= PAGE_PLAIN)) { /* strays and samples, too */
    h->outside--;
    large_free_any(p, entry, SITE(site));
    return;
  }
  jep_free(p);
  gate_leave(h);
  count_add(&h->large_frees, 1);
  purge_note_free(page_kind_bytes(kind));
  if (unlikely(purge_is_due()))
    purge_run(h, 0);
}

/* Calls nothing but as its last act: `site` may be DIRECT, and no register is saved. */
void large_free(void *p, const char *entry, const void *site) {
  struct heap *h = heap_self;
  if (unlikely(!h->straight))
    free_between(p, entry, SITE(site));
  else if (likely(cache_put(h, p)))
    count_add(&h->large_frees, 1);
  else
    free_through_gate(p, entry, site);
}
