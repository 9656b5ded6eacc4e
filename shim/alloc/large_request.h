/* A request that goes on to jemalloc: who makes it, what its page needs, what is noted and counted.
 * What the slow paths of large.c and realloc.c share. */
#ifndef SHIM_LARGE_REQUEST_H
#define SHIM_LARGE_REQUEST_H

#include "figures.h"
#include "jemalloc.h"
#include "large_tagged.h"
#include "page_map.h"
#include "purge_policy.h"
#include "setup.h"
#include "size_class.h"
#include "thread_cache.h"

#include <errno.h>

/* Who makes a large request: the calling thread's heap and, with tags, the call site.  The cell of
 * a small request that is a sample has so many bytes; 0: it is none. */
struct large_request {
  struct heap *h;
  uint32_t site;
  size_t cell;
};

/* A sample, among large objects without tags: its page says that it may have one (thread_cache.h).
 */
static inline bool is_sample(struct large_request a) {
  return unlikely(a.site != SITE_NONE) && tagged_mode == TAGGED_SAMPLES;
}

/* It needs a page of its own for that, up to a page: of larger ones no two begin in one page, and
 * of jemalloc's classes below those of shelves nothing goes straight. */
static inline bool needs_page(struct large_request a, size_t alignment, size_t n) {
  return is_sample(a) && n <= CACHED_MOST && (n > CACHED_LEAST || alignment > GRAIN);
}

/* The flags of a request, and the alignment that gives a page of its own to what needs one. */
static inline int alone(struct large_request a, size_t n, int flags) {
  int alignment = flags & FLAG_ALIGN_BITS;
  return needs_page(a, (size_t)1 << alignment, n) && alignment < FLAG_ALIGN_PAGE
             ? (flags & ~FLAG_ALIGN_BITS) | FLAG_ALIGN_PAGE
             : flags;
}

/* Large requests and frees of threads that have no heap of their own; the others' are counted in
 * their heaps. */
extern hidden _Atomic uint64_t heapless_large_allocs, heapless_large_frees;

/* In the child of a fork: counts of large requests begin again. */
hidden void large_counts_fork_child(void);

static inline struct large_request request_of(size_t n, const void *frame) {
  struct heap *h = heap_of_thread();
  if (likely(tagged_mode == TAGGED_NONE))
    return (struct large_request){h, SITE_NONE, 0};
  return (struct large_request){
      h, tagged_mode == TAGGED_ALL ? large_site(h, frame) : large_sampled_site(h, n, frame), 0};
}

/* Inside the gate, when jemalloc has served n bytes. */
static inline void tag(struct large_request a, void *p, size_t n) {
  if (unlikely(tagged_mode != TAGGED_NONE) && p != NULL &&
      (a.site != SITE_NONE || tagged_mode == TAGGED_ALL))
    large_tagged_put(a.h, p, n, a.site, a.cell);
}

/* May this object of jemalloc's have a tag? */
static inline bool may_have_tag(const void *p) {
  return unlikely(tagged_mode != TAGGED_NONE) &&
         (tagged_mode == TAGGED_ALL || page_kind(p) == PAGE_PLAIN);
}

/* Inside the gate, before p goes back.  False: with all tags it has none, so it is not alive. */
static inline bool untag(struct heap *h, const void *p) {
  return !may_have_tag(p) || large_tagged_take(h, p);
}

/* Inside the gate: bytes of an object, the same whenever it is asked: its page's kind may change
 * while it lives. */
static inline size_t object_bytes(void *p, unsigned kind) {
  return likely(kind > PAGE_PLAIN) ? page_kind_bytes(kind) : jep_malloc_usable_size(p);
}

/* Inside the gate: jemalloc has served that object, or NULL. */
static inline void note(struct large_request a, void *p, unsigned kind) {
  if (is_sample(a))
    kind = PAGE_PLAIN;
  page_map_note(p, kind);
  if (likely(p != NULL))
    purge_note_alloc(object_bytes(p, kind));
}

/* An object, or NULL, was had from jemalloc or beside it. */
static inline void *counted(struct heap *h, void *p) {
  if (unlikely(p == NULL)) {
    errno = ENOMEM;
  } else if (likely(h != NULL)) {
    count_add(&h->large_allocs, 1);
    if (unlikely(count_get(&h->large_allocs) % REFRESH_REQUESTS == 0))
      figures_refresh_if_due(h);
    if (unlikely(purge_is_due()))
      purge_run(h, 0);
  } else {
    atomic_fetch_add_explicit(&heapless_large_allocs, 1, memory_order_relaxed);
  }
  return p;
}

static inline void count_free(struct heap *h) {
  if (likely(h != NULL))
    count_add(&h->large_frees, 1);
  else
    atomic_fetch_add_explicit(&heapless_large_frees, 1, memory_order_relaxed);
}

/* A request was refused: is another try, but only one, worth it? */
static inline bool try_again(const void *p, size_t bytes, bool *tried) {
  if (likely(p != NULL) || *tried)
    return false;
  *tried = true;
  return purge_now(bytes);
}

#endif
