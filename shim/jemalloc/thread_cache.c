/* Shelves beyond the straight path; contract in thread_cache.h. */
#include "thread_cache.h"
#include "fault.h"
#include "fork_gate.h"
#include "jemalloc.h"
#include "purge_policy.h"

#include <string.h>

static uint8_t cache_limit(unsigned k) { return (uint8_t)(CACHE_BYTES / large_class_bytes(k)); }

static bool are_allowed(void) {
  return !jep_opt_zero && !jep_opt_prof && jep_opt_tcache && strcmp(jep_opt_junk, "false") == 0;
}

void shelf_open(struct heap *h) {
  if (h->shelf_open || !are_allowed())
    return;
  for (unsigned k = 0; k < SHELVES; k++)
    h->shelf_room[k] = cache_limit(k);
  h->shelf_open = true;
}

/* The program may have written over links. */
static bool is_on(const struct heap *h, unsigned k, const void *p) {
  const struct cell *q = h->shelf[k];
  for (unsigned n = 0; n < cache_limit(k) && q != NULL && cache_class_of(q) == k; n++, q = q->next)
    if (q == p)
      return true;
  return false;
}

void cache_check(struct heap *h, const void *p, const char *entry, const void *site) {
  unsigned k = cache_class_of(p);
  if (k >= SHELVES || !h->shelf_open)
    return;
  if (h->shelf[k] == NULL)
    h->shelf_room[k] = cache_limit(k);
  if (likely(((const struct cached *)p)->owner != (uintptr_t)h) || !is_on(h, k, p))
    return;
  char buffer[384];
  struct text t = TEXT_ON(buffer);
  fault_begin(&t, entry, p, site);
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

void cache_clear(struct heap *h) {
  for (unsigned k = 0; h != NULL && k < SHELVES; k++)
    while (h->shelf[k] != NULL && gate_try(h)) {
      purge_note_free(large_class_bytes(k));
      jep_free(cache_take(h, k));
      gate_leave(h);
    }
}
