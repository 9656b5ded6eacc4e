/* The thread cache beyond its fast path; contract in thread_cache.h. */
#include "thread_cache.h"
#include "fault.h"
#include "fork_gate.h"
#include "jemalloc.h"
#include "purge_policy.h"
#include "thread_record.h"

/* Objects of class k that a list holds at most. */
static uint8_t cache_limit(unsigned k) { return (uint8_t)(CACHE_BYTES / large_class_bytes(k)); }

/* jemalloc would do something to each object, or the user wants no caches. */
static bool is_allowed(void) { return jemalloc_has_plain_objects() && jep_opt_tcache; }

void cache_open(struct heap *h) {
  if (record_of(h)->cache_is_open || !is_allowed())
    return;
  for (unsigned k = 0; k < CACHED_CLASSES; k++)
    record_of(h)->cache_room[k] = cache_limit(k);
  record_of(h)->cache_is_open = true;
}

/* Is p in the list of class k?  The program may have overwritten links: a wrong one ends the
 * search. */
static bool is_cached(const struct heap *h, unsigned k, const void *p) {
  const struct cell *q = record_of(h)->cache[k];
  for (unsigned n = 0; n < cache_limit(k) && q != NULL && cache_class_of(q) == k; n++, q = q->next)
    if (q == p)
      return true;
  return false;
}

void cache_check(struct heap *h, const void *p, const char *entry, const void *caller) {
  unsigned k = cache_class_of(p);
  if (k >= CACHED_CLASSES || !record_of(h)->cache_is_open)
    return;
  if (record_of(h)->cache[k] == NULL)
    record_of(h)->cache_room[k] = cache_limit(k);
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
  while (n < cache_limit(k) && *link != NULL && cache_class_of(*link) == k &&
         ((const struct cached *)*link)->owner == (uintptr_t)h) {
    link = &(*link)->next;
    n++;
  }
  if (*link != NULL)
    *link = NULL;
  record_of(h)->cache_room[k] = (uint8_t)(cache_limit(k) - n);
}

void cache_fork_child(struct heap *h) {
  for (unsigned k = 0; record_of(h)->cache_is_open && k < CACHED_CLASSES; k++)
    keep_whole_part(h, k);
}

void cache_clear(struct heap *h) {
  for (unsigned k = 0; h != NULL && k < CACHED_CLASSES; k++)
    while (record_of(h)->cache[k] != NULL && gate_try(h)) {
      purge_note_free(large_class_bytes(k));
      jep_free(cache_take(h, k));
      gate_leave(h);
    }
}
