/* A request that goes to jemalloc, as a record; and the one function that has jemalloc serve it.
 *
 *   large_request_of      the thread, its call site, and what malloc would ask for; the other
 *                         entries (large.c, realloc.c) then change what is different
 *   gate_enter            or the fork fallback, while a fork is under way
 *     large_serve         asks jemalloc; notes the kind of the object's page, and its bytes
 *     large_request_tag   with tags: tags the object
 *   gate_leave
 *   large_count_alloc     (large_counts.h)
 *
 * "Inside the gate" means between gate_enter and gate_leave (fork_gate.h).  Any thread; not in
 * signal handlers beyond what malloc allows.  errno is kept.
 */
#ifndef SHIM_LARGE_REQUEST_H
#define SHIM_LARGE_REQUEST_H

#include "huge.h"
#include "jemalloc.h"
#include "large_tagged.h"
#include "page_map.h"
#include "purge_policy.h"
#include "setup.h"
#include "size_class.h"
#include "tagged_arena.h"

struct large_request {
  struct heap *h; /* the calling thread's; NULL: it has none */
  size_t n;       /* bytes as the program asked: what a tag says */
  size_t bytes;   /* bytes asked of jemalloc, at least 1 */
  size_t cell;    /* a sample of small requests: bytes of the cell that each of them gets; else 0 */
  uint32_t site;  /* with tags: the call site.  SITE_NONE: no tag, or no heap to charge */
  int flags;      /* of jep_mallocx */
  bool by_size;   /* nothing but its size was asked for, so its page may say its size class */
  bool once;      /* by jemalloc's API, with an arena of its choice: a refusal is final */
};

/* The calling thread's request for n bytes, as malloc makes it.  `frame` is the caller_frame of the
 * entry that the program called.  Takes a heap if the thread has none; with samples, decides
 * whether this is one.  Outside the gate. */
static inline struct large_request large_request_of(size_t n, const void *frame) {
  struct heap *h = heap_of_thread();
  struct large_request a = {.h = h, .n = n, .by_size = true};
  a.bytes = n < GRAIN ? GRAIN : n; /* below 16 bytes jemalloc aligns to 8 */
  if (unlikely(tagged_mode != TAGGED_NONE))
    a.site = h != NULL && h->tagged ? large_site(h, frame) : large_sampled_site(h, n, frame);
  return a;
}

/* Is it tagged among objects without tags?  Then its page says that it may have a tag. */
static inline bool large_request_is_marked(struct large_request a) {
  return unlikely(a.site != SITE_NONE) && !range.tagged;
}

/* The alignment that it asks for: bytes, a power of two, at least GRAIN. */
static inline size_t large_request_alignment(struct large_request a) {
  size_t alignment = (size_t)1 << (a.flags & FLAG_ALIGN_BITS);
  return alignment < GRAIN ? GRAIN : alignment;
}

/* Would its object share its page with such of the fast path, which have no tags?  Larger objects
 * never share their first page; classes below the cached ones are never served by the fast path. */
static inline bool large_request_shares(struct large_request a) {
  size_t alignment = large_request_alignment(a);
  return a.bytes <= CACHED_MOST && alignment < PAGE_BYTES &&
         (a.bytes > CACHED_LEAST || alignment > GRAIN);
}

/* The flags that make its page say "may be tagged" of tagged objects alone: with all requests since
 * somebody attached, those of the tagged arena; with a sample, or a request for an arena or cache
 * of the program's choice, an alignment that gives it a page of its own. */
static inline int large_request_flags(struct large_request a) {
  if (!large_request_is_marked(a) || !large_request_shares(a))
    return a.flags;
  if (a.h != NULL && a.h->tagged && a.flags >> FLAG_CACHE_SHIFT == 0 && tagged_arena_flag != 0)
    return a.flags | tagged_arena_flag | tagged_cache_flag();
  return (a.flags & ~FLAG_ALIGN_BITS) | FLAG_ALIGN_PAGE;
}

/* With these flags: does it go to the tagged arena? */
static inline bool large_request_is_apart(struct large_request a) {
  return large_request_is_marked(a) && tagged_arena_flag != 0 &&
         a.flags >> FLAG_ARENA_SHIFT == tagged_arena_flag >> FLAG_ARENA_SHIFT;
}

/* Inside the gate: bytes of the object p, whose page is of that kind.  The same at each call: the
 * kind of a page may change while an object in it lives, but not to another size. */
static inline size_t large_object_bytes(void *p, unsigned kind) {
  return likely(page_kind_is_sized(kind)) ? page_kind_bytes(kind) : jemalloc_or_huge_bytes(p);
}

/* Inside the gate: jemalloc has handed out p, and its page is of that kind from now on. */
static inline void large_note(void *p, unsigned kind) {
  page_map_note(p, kind);
  purge_note_alloc(large_object_bytes(p, kind));
}

/* What jemalloc answers; the entries that take no flags are its fastest, the aligned one is next.
 */
static inline void *large_ask_jemalloc(struct large_request a, void *p) {
  if (p != NULL)
    return a.flags == 0 ? jep_realloc(p, a.bytes) : jep_rallocx(p, a.bytes, a.flags);
  if (a.flags == 0)
    return jep_malloc(a.bytes);
  if (a.flags == FLAG_ZERO)
    return jep_calloc(1, a.bytes);
  return (a.flags & ~FLAG_ALIGN_BITS) == 0 ? jep_memalign((size_t)1 << a.flags, a.bytes)
                                           : jep_mallocx(a.bytes, a.flags);
}

/* large_ask where huge objects may be meant (huge.h), one is asked for, or p is one; or where p is
 * to come to the tagged arena, or lies there. */
hidden void *large_ask_apart(const struct large_request *a, void *p);

/* Inside the gate: asks jemalloc, or whoever has such objects, once: for an object, or with p what
 * realloc makes of it.  NULL: refused, and p is as it was. */
static inline void *large_ask(struct large_request a, void *p) {
  if (unlikely(a.bytes >= HUGE_LEAST) ||
      (p != NULL && unlikely(page_kind(p) >= PAGE_TAGGED || large_request_is_marked(a))))
    return large_ask_apart(&a, p);
  return large_ask_jemalloc(a, p);
}

/* Inside the gate: p goes back to who served it.  False: it is in the first page of a huge object,
 * but none. */
static inline bool large_give_back(void *p, unsigned kind, int flags) {
  if (unlikely(kind == PAGE_HUGE))
    return huge_free(p);
  purge_note_free(large_object_bytes(p, kind));
  if (unlikely(kind == PAGE_TAGGED))
    flags = tagged_cache_flag(); /* not the thread's other cache, nor one that was asked for */
  if (flags != 0)
    jep_dallocx(p, flags);
  else
    jep_free(p);
  return true;
}

/* The same after a refusal, for large_serve alone. */
hidden cold void *large_ask_again(const struct large_request *a, void *p);

/* An object that kept its place may be in an arena of the program's own, and its page stays what it
 * was; not if it is large enough to have the page for itself. */
static inline unsigned large_kind_served(struct large_request a, const void *p, const void *to) {
  if (large_request_is_marked(a))
    return large_request_is_apart(a) ? PAGE_TAGGED : PAGE_PLAIN;
  if (to == p && a.bytes <= CACHED_MOST)
    return page_kind(to);
  return a.by_size ? page_kind_for(a.bytes) : page_kind_apart(a.bytes);
}

/* Inside the gate: an object of a.bytes bytes from jemalloc; or with p, an object of jemalloc's,
 * what jemalloc's realloc makes of it.  NULL: refused, after a second try if purging gave memory
 * back, and p is as it was.  The kind of its page and its bytes are noted. */
static inline __attribute__((always_inline)) void *large_serve(struct large_request a, void *p) {
  a.flags = large_request_flags(a);
  void *to = large_ask(a, p);
  if (unlikely(to == NULL) && (to = large_ask_again(&a, p)) == NULL)
    return NULL;
  if (likely(!huge_holds(to)))
    large_note(to, large_kind_served(a, p, to));
  return to;
}

/* Inside the gate: p, which jemalloc has served for a, gets its tag.  NULL: nothing happens. */
static inline void large_request_tag(struct large_request a, void *p) {
  if (unlikely(tagged_mode != TAGGED_NONE) && p != NULL && (a.site != SITE_NONE || range.tagged))
    large_tagged_put(a.h, p, a.n, a.site, a.cell);
}

#endif
