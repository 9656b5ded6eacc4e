/* The thread cache beyond its fast path; contract in thread_cache.h. */
#include "thread_cache.h"
#include "fault.h"
#include "fork_gate.h"
#include "jemalloc.h"
#include "purge_policy.h"
#include "thread_record.h"

/* How often the list of class k has grown. */
static unsigned doublings(const struct heap *h, unsigned k) {
  return record_of(h)->cache_doublings >> 2 * k & 3;
}

/* Objects that it holds at most. */
static uint8_t cache_limit(const struct heap *h, unsigned k) {
  size_t n = (CACHE_BYTES / large_class_bytes(k)) << doublings(h, k);
  return (uint8_t)(n < UINT8_MAX ? n : UINT8_MAX);
}

/* jemalloc would do something to each object, or the user wants no caches. */
static bool is_allowed(void) { return jemalloc_has_plain_objects() && jep_opt_tcache; }

void cache_open(struct heap *h) {
  if (record_of(h)->cache_is_open || !is_allowed())
    return;
  for (unsigned k = 0; k < CACHED_CLASSES; k++)
    record_of(h)->cache_room[k] = cache_limit(h, k);
  record_of(h)->cache_is_open = true;
}

/* ---- the length of lists ---- */

static _Atomic uint64_t grown; /* bytes that lists may hold beyond CACHE_BYTES each */

static uint64_t growth_bytes(unsigned n) { return CACHE_BYTES * ((UINT64_C(1) << n) - 1); }

static bool may_grow(uint64_t bytes) {
  return count_get(&grown) + bytes <= GROWTH_LEAST + purge_live_bytes() / 16;
}

static void forget_full(struct thread_record *r, unsigned k) {
  r->cache_full = (uint16_t)(r->cache_full & ~(1u << k));
}

void cache_grow(struct heap *h, unsigned k) {
  struct thread_record *r = record_of(h);
  unsigned n = doublings(h, k);
  uint64_t more = growth_bytes(n + 1) - growth_bytes(n);
  forget_full(r, k);
  if (n == CACHE_DOUBLINGS || !r->cache_is_open || !may_grow(more))
    return;
  atomic_fetch_add_explicit(&grown, more, memory_order_relaxed);
  uint8_t before = cache_limit(h, k);
  r->cache_doublings += UINT32_C(1) << 2 * k;
  r->cache_room[k] += (uint8_t)(cache_limit(h, k) - before);
}

/* The list is empty. */
static void shrink(struct heap *h, unsigned k) {
  struct thread_record *r = record_of(h);
  atomic_fetch_sub_explicit(&grown, growth_bytes(doublings(h, k)), memory_order_relaxed);
  r->cache_doublings &= ~(UINT32_C(3) << 2 * k);
  forget_full(r, k);
  r->cache_room[k] = cache_limit(h, k);
}

/* Is p in the list of class k?  The program may have overwritten links: a wrong one ends the
 * search. */
static bool is_cached(const struct heap *h, unsigned k, const void *p) {
  const struct cell *q = record_of(h)->cache[k];
  for (unsigned n = 0; n < cache_limit(h, k) && q != NULL && cache_class_of(q) == k;
       n++, q = q->next)
    if (q == p)
      return true;
  return false;
}

void cache_check(struct heap *h, const void *p, const char *entry, const void *caller) {
  unsigned k = cache_class_of(p);
  if (k >= CACHED_CLASSES || !record_of(h)->cache_is_open)
    return;
  if (record_of(h)->cache[k] == NULL)
    record_of(h)->cache_room[k] = cache_limit(h, k);
  if (likely(((const struct cached *)p)->owner != (uintptr_t)h) || !is_cached(h, k, p))
    return;
  char buffer[384];
  struct text t = TEXT_ON(buffer);
  fault_begin(&t, entry, p, caller);
  text_str(&t, "double free of the ");
  text_u64(&t, large_class_bytes(k));
  text_str(&t, "-byte object at ");
  text_hex(&t, (uintptr_t)p);
  fault_end(&t);
}

void cache_fault(const struct heap *h, unsigned k, const void *p) {
  char buffer[384];
  struct text t = TEXT_ON(buffer);
  text_str(&t, "arenashim: heap corrupted: a ");
  text_u64(&t, large_class_bytes(k));
  text_str(&t, "-byte object of arena ");
  text_u64(&t, heap_number(h));
  text_str(&t, " was written to after it was freed (the next to be handed out would be ");
  text_hex(&t, (uintptr_t)p);
  text_char(&t, ')');
  fault_end(&t);
}

/* A list goes on as long as its objects name the heap as their owner.  The first that does not was
 * being handed out, or put in, when the thread vanished; it and what follows are lost to the child.
 */
static void keep_whole_part(struct heap *h, unsigned k) {
  struct cell **link = &record_of(h)->cache[k];
  uint8_t n = 0;
  while (n < cache_limit(h, k) && *link != NULL && cache_class_of(*link) == k &&
         ((const struct cached *)*link)->owner == (uintptr_t)h) {
    link = &(*link)->next;
    n++;
  }
  if (*link != NULL)
    *link = NULL;
  record_of(h)->cache_room[k] = (uint8_t)(cache_limit(h, k) - n);
}

void cache_fork_child(struct heap *h) {
  for (unsigned k = 0; record_of(h)->cache_is_open && k < CACHED_CLASSES; k++)
    keep_whole_part(h, k);
}

static void clear_list(struct heap *h, unsigned k) {
  while (record_of(h)->cache[k] != NULL && gate_try(h)) {
    purge_note_free(large_class_bytes(k));
    jep_free(cache_take(h, k));
    gate_leave(h);
  }
  if (record_of(h)->cache[k] == NULL)
    shrink(h, k);
}

void cache_clear(struct heap *h) {
  for (unsigned k = 0; h != NULL && record_of(h)->cache_is_open && k < CACHED_CLASSES; k++)
    clear_list(h, k);
}
