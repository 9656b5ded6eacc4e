/* The table of births, and counts of lives.  Picture and contract: life.h. */
#include "life.h"
#include "os.h"

#include <string.h>

/* A gap may be as long as this share of the time before it. */
enum { GAP_SHARE = 64 };

enum { FIRST_SLOTS = PAGE_BYTES / sizeof(struct birth) };

/* Uniform in 1..2 * mean - 1. */
uint32_t life_gap(struct life *l, uint64_t now) {
  uint64_t mean = now / GAP_SHARE + 1;
  l->mean = mean < LIFE_GAP ? (uint32_t)mean : LIFE_GAP;
  l->random = l->random * 1664525 + 1013904223;
  return (l->random >> 8) % (2 * l->mean - 1) + 1;
}

static uint32_t hash(const struct life *l, uintptr_t object) {
  return (uint32_t)(object / GRAIN * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (l->capacity - 1);
}

static uint32_t after(const struct life *l, uint32_t i) { return (i + 1) & (l->capacity - 1); }

/* The slot of an object, or the free one where it belongs. */
static uint32_t find(const struct life *l, uintptr_t object) {
  uint32_t i = hash(l, object);
  while (l->slots[i].object != 0 && l->slots[i].object != object)
    i = after(l, i);
  return i;
}

static bool grow(struct life *l, _Atomic uint64_t *bytes) {
  struct life old = *l;
  uint32_t capacity = old.capacity != 0 ? 2 * old.capacity : FIRST_SLOTS;
  struct birth *slots = os_map(capacity * sizeof *slots);
  if (slots == NULL)
    return false;
  l->slots = slots;
  atomic_signal_fence(memory_order_seq_cst); /* at no moment more slots than there are */
  l->capacity = capacity;
  for (uint32_t i = 0; i < old.capacity; i++)
    if (old.slots[i].object != 0)
      slots[find(l, old.slots[i].object)] = old.slots[i];
  count_add(bytes, (capacity - old.capacity) * sizeof *slots);
  if (old.slots != NULL)
    os_unmap(old.slots, old.capacity * sizeof *slots);
  return true;
}

bool life_begin(struct life *l, const void *p, uint64_t now, _Atomic uint64_t *bytes) {
  if (2 * (l->used + 1) > l->capacity && !grow(l, bytes))
    return false;
  uint32_t i = find(l, (uintptr_t)p);
  l->used += l->slots[i].object == 0;
  l->slots[i] = (struct birth){(uintptr_t)p, now, l->mean != 0 ? l->mean : 1};
  return true;
}

/* Frees slot i: an object further on that belongs before it, or into it, takes its place, and so
 * on. */
static void close_gap(struct life *l, uint32_t i) {
  for (uint32_t k = after(l, i); l->slots[k].object != 0; k = after(l, k)) {
    uint32_t home = hash(l, l->slots[k].object);
    if (((k - home) & (l->capacity - 1)) < ((k - i) & (l->capacity - 1)))
      continue;
    l->slots[i] = l->slots[k];
    i = k;
  }
  l->slots[i].object = 0;
}

bool life_end(struct life *l, const void *p, struct birth *out) {
  if (l->capacity == 0)
    return false;
  uint32_t i = find(l, (uintptr_t)p);
  if (l->slots[i].object == 0)
    return false;
  *out = l->slots[i];
  close_gap(l, i);
  l->used--;
  return true;
}

/* ---- counts ---- */

static struct life_counts *chunk_of(const struct life *l, uint32_t site) {
  uint32_t chunk = site / LIFE_CHUNK;
  struct life_leaf *leaf = __atomic_load_n(&l->leaf[chunk / LIFE_CHUNKS], __ATOMIC_ACQUIRE);
  return leaf == NULL ? NULL : __atomic_load_n(&leaf->chunk[chunk % LIFE_CHUNKS], __ATOMIC_ACQUIRE);
}

/* The leaf at that place, which is made if there is none; NULL: no memory. */
static struct life_leaf *leaf_at(struct life_leaf **at, _Atomic uint64_t *bytes) {
  struct life_leaf *leaf = *at;
  if (leaf == NULL && (leaf = os_map(sizeof *leaf)) != NULL) {
    count_add(bytes, sizeof *leaf);
    __atomic_store_n(at, leaf, __ATOMIC_RELEASE);
  }
  return leaf;
}

bool life_counts_make(struct life *l, uint32_t site, uint32_t arena, _Atomic uint64_t *bytes) {
  uint32_t number = site / LIFE_CHUNK;
  if (chunk_of(l, site) != NULL)
    return true;
  struct life_leaf *leaf = leaf_at(&l->leaf[number / LIFE_CHUNKS], bytes);
  struct life_counts *chunk =
      leaf == NULL ? NULL : piece_take(PIECE_LIVES, LIFE_CHUNK * sizeof *chunk);
  if (chunk == NULL)
    return false;
  for (uint32_t i = 0; i < LIFE_CHUNK; i++) {
    chunk[i].site = number * LIFE_CHUNK + i;
    chunk[i].arena = arena;
  }
  __atomic_store_n(&leaf->chunk[number % LIFE_CHUNKS], chunk, __ATOMIC_RELEASE);
  return true;
}

static uint32_t restart_now(void) {
  return atomic_load_explicit(&pieces_head.peak.restart, memory_order_relaxed);
}

/* The counts of a site; NULL: its chunk could not be had. */
static struct life_counts *counts_at(const struct life *l, uint32_t site) {
  struct life_counts *chunk = chunk_of(l, site);
  return chunk == NULL ? NULL : chunk + site % LIFE_CHUNK;
}

void life_count(struct life *l, uint32_t site, unsigned class, uint32_t lives) {
  struct life_counts *c = counts_at(l, site);
  if (c == NULL)
    return;
  if (atomic_load_explicit(&c->restart, memory_order_relaxed) != restart_now()) {
    memset(c->lives, 0, sizeof c->lives);
    atomic_store_explicit(&c->restart, restart_now(), memory_order_release);
  }
  c->lives[class] += lives;
}

const struct life_counts *life_counts_of(const struct life *l, uint32_t site) {
  const struct life_counts *c = counts_at(l, site);
  if (c == NULL || atomic_load_explicit(&c->restart, memory_order_acquire) != restart_now())
    return NULL;
  return c;
}
