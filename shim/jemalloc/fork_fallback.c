/* Fallback objects and deferred frees; contract in fork_fallback.h. */
#include "fork_fallback.h"
#include "os.h"

struct fallback {
  _Atomic(char *) start; /* the object; NULL: free slot, CLAIMED: being filled */
  char *mapping;
  size_t bytes; /* of the mapping */
};

struct deferred {
  struct deferred *next;
};

static struct fallback slots[FALLBACKS];
static _Atomic(struct deferred *) deferred_frees;
static _Atomic uint64_t mapped;

#define CLAIMED ((char *)1)

static struct fallback *claim_slot(void) {
  for (unsigned i = 0; i < FALLBACKS; i++) {
    char *unclaimed = NULL;
    if (atomic_load_explicit(&slots[i].start, memory_order_relaxed) == NULL &&
        atomic_compare_exchange_strong(&slots[i].start, &unclaimed, CLAIMED))
      return &slots[i];
  }
  return NULL;
}

void *fallback_alloc(size_t alignment, size_t n) {
  size_t extra = alignment > PAGE_BYTES ? alignment : 0;
  struct fallback *s = n <= PTRDIFF_MAX - extra - PAGE_BYTES ? claim_slot() : NULL;
  if (s == NULL)
    return NULL;
  s->bytes = round_up(n + (n == 0) + extra, PAGE_BYTES);
  s->mapping = os_map(s->bytes);
  if (s->mapping == NULL) {
    atomic_store(&s->start, NULL);
    return NULL;
  }
  char *start = (char *)round_up((uintptr_t)s->mapping, alignment);
  page_map_note(start, PAGE_NONE); /* a huge object may have been there */
  atomic_fetch_add(&mapped, s->bytes);
  atomic_store_explicit(&s->start, start, memory_order_release);
  atomic_fetch_add(&gate_detours, GATE_FALLBACK);
  return start;
}

static struct fallback *slot_of(const void *p) {
  for (unsigned i = 0; i < FALLBACKS; i++)
    if (atomic_load_explicit(&slots[i].start, memory_order_acquire) == p)
      return &slots[i];
  return NULL;
}

size_t fallback_bytes(const void *p) {
  const struct fallback *s = slot_of(p);
  return s == NULL ? 0 : s->bytes - (size_t)((const char *)p - s->mapping);
}

bool fallback_free(void *p) {
  struct fallback *s = slot_of(p);
  if (s == NULL)
    return false;
  /* Unmapped last: another thread may get the addresses at once, and must not find our slot. */
  char *mapping = s->mapping;
  size_t bytes = s->bytes;
  atomic_store_explicit(&s->start, NULL, memory_order_release);
  atomic_fetch_sub(&gate_detours, GATE_FALLBACK);
  os_unmap(mapping, bytes);
  atomic_fetch_sub(&mapped, bytes);
  return true;
}

void fallback_defer_free(void *p) {
  struct deferred *d = p;
  d->next = atomic_load(&deferred_frees);
  while (!atomic_compare_exchange_weak(&deferred_frees, &d->next, d))
    ;
}

/* The list is emptied as a whole, and the rest put back: taking its first element alone from a list
 * that others push to would be open to the ABA problem. */
void *fallback_take_deferred(void) {
  struct deferred *d = atomic_exchange(&deferred_frees, NULL);
  if (d != NULL && d->next != NULL) {
    struct deferred *rest = d->next;
    for (struct deferred *next; rest != NULL; rest = next) {
      next = rest->next;
      fallback_defer_free(rest);
    }
  }
  return d;
}

uint64_t fallback_mapped_bytes(void) { return count_get(&mapped); }
