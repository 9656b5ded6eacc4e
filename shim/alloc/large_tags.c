/* A hash table in 64 shards; contract and picture in large_tags.h.
 *
 * Deleting leaves no marks: what stands behind the hole and may stand in it moves up, until an
 * empty slot ends the run.
 */
#include "large_tags.h"
#include "os.h"

#include <sched.h>
#include <sys/single_threaded.h>

enum {
  SHARD_BITS = 6,
  SHARDS = 1 << SHARD_BITS,
  FIRST_SLOTS = 128, /* one page */
  SPINS = 100,       /* before a waiting thread lets others run */
  NAPS = 50,         /* of a report that waits for a shard */
  NAP_US = 100
};

struct shard {
  _Alignas(CACHE_LINE) _Atomic bool locked;
  size_t slots;
  size_t live;
  struct large_tag *tags; /* p == 0: empty slot */
};

static struct shard shards[SHARDS];
static _Atomic uint64_t mapped;

/* ---- locks ---- */

static inline bool try_lock(struct shard *s) {
  return !atomic_exchange_explicit(&s->locked, true, memory_order_acquire);
}

static inline bool is_locked(const struct shard *s) {
  return atomic_load_explicit(&s->locked, memory_order_relaxed);
}

static cold void wait_for(struct shard *s) {
  for (unsigned spins = 0; is_locked(s) || !try_lock(s); spins++)
    if (spins < SPINS)
      cpu_relax();
    else
      sched_yield();
}

/* While the process has one thread, a plain store says "locked" to its signal handlers as well as
 * a locked instruction does, which costs as much as all the rest. */
static inline void lock(struct shard *s) {
  if (__libc_single_threaded && likely(!is_locked(s)))
    atomic_store_explicit(&s->locked, true, memory_order_relaxed);
  else if (unlikely(!try_lock(s)))
    wait_for(s);
  atomic_signal_fence(memory_order_seq_cst);
}

static bool lock_in_time(struct shard *s) {
  unsigned naps = 0;
  while (!try_lock(s)) {
    if (naps++ == NAPS)
      return false;
    os_sleep_us(NAP_US);
  }
  return true;
}

static inline void unlock(struct shard *s) {
  atomic_store_explicit(&s->locked, false, memory_order_release);
}

/* ---- places ---- */

/* Large objects lie at multiples of pages and of powers of two: every bit must count. */
static inline uint64_t hash_of(uintptr_t p) {
  const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
  uint64_t h = p * odd;
  return (h ^ h >> 32) * odd;
}

static inline struct shard *shard_of(uint64_t hash) { return &shards[hash >> (64 - SHARD_BITS)]; }

static inline size_t first_slot(const struct shard *s, uint64_t hash) {
  return hash >> 20 & (s->slots - 1);
}
static inline size_t next_slot(const struct shard *s, size_t i) { return (i + 1) & (s->slots - 1); }

/* Where p stands, or the empty slot where it would.  The shard has slots. */
static inline size_t slot_for(const struct shard *s, uint64_t hash, uintptr_t p) {
  size_t i = first_slot(s, hash);
  while (s->tags[i].p != p && s->tags[i].p != 0)
    i = next_slot(s, i);
  return i;
}

/* ---- growth ---- */

static size_t array_bytes(size_t slots) {
  return round_up(slots * sizeof(struct large_tag), PAGE_BYTES);
}

static cold bool grow(struct shard *s) {
  struct shard bigger = {.slots = s->slots == 0 ? FIRST_SLOTS : 2 * s->slots};
  bigger.tags = os_map(array_bytes(bigger.slots));
  if (bigger.tags == NULL)
    return false;
  for (size_t i = 0; i < s->slots; i++)
    if (s->tags[i].p != 0)
      bigger.tags[slot_for(&bigger, hash_of(s->tags[i].p), s->tags[i].p)] = s->tags[i];
  if (s->slots != 0)
    os_unmap(s->tags, array_bytes(s->slots));
  atomic_fetch_add(&mapped,
                   array_bytes(bigger.slots) - (s->slots != 0 ? array_bytes(s->slots) : 0));
  s->slots = bigger.slots;
  s->tags = bigger.tags;
  return true;
}

/* ---- the table ---- */

static inline bool put(struct shard *s, uint64_t hash, const struct large_tag *t) {
  size_t i = s->slots != 0 ? slot_for(s, hash, t->p) : 0;
  if (s->slots == 0 || s->tags[i].p == 0) {
    if (unlikely((s->live + 1) * 4 > s->slots * 3)) {
      if (!grow(s))
        return false;
      i = slot_for(s, hash, t->p);
    }
    s->live++;
  }
  s->tags[i] = *t;
  return true;
}

/* True: p's tag, at *i. */
static inline bool find(const struct shard *s, uint64_t hash, uintptr_t p, size_t *i) {
  if (unlikely(s->slots == 0))
    return false;
  *i = slot_for(s, hash, p);
  return s->tags[*i].p != 0;
}

/* The tag at j may stand in the hole unless its first slot lies behind the hole. */
static inline void fill_hole(struct shard *s, size_t hole) {
  for (size_t j = next_slot(s, hole); s->tags[j].p != 0; j = next_slot(s, j)) {
    size_t first = first_slot(s, hash_of(s->tags[j].p));
    if (((j - first) & (s->slots - 1)) >= ((j - hole) & (s->slots - 1))) {
      s->tags[hole] = s->tags[j];
      hole = j;
    }
  }
  s->tags[hole].p = 0;
  s->live--;
}

bool large_tags_put(const struct large_tag *t) {
  uint64_t hash = hash_of(t->p);
  struct shard *s = shard_of(hash);
  lock(s);
  bool done = put(s, hash, t);
  unlock(s);
  return done;
}

bool large_tags_take(const void *p, struct large_tag *out) {
  uint64_t hash = hash_of((uintptr_t)p);
  struct shard *s = shard_of(hash);
  size_t i;
  lock(s);
  bool found = find(s, hash, (uintptr_t)p, &i);
  if (found) {
    *out = s->tags[i];
    fill_hole(s, i);
  }
  unlock(s);
  return found;
}

bool large_tags_get(const void *p, struct large_tag *out) {
  uint64_t hash = hash_of((uintptr_t)p);
  struct shard *s = shard_of(hash);
  size_t i;
  lock(s);
  bool found = find(s, hash, (uintptr_t)p, &i);
  if (found)
    *out = s->tags[i];
  unlock(s);
  return found;
}

unsigned large_tags_each(void (*visit)(const struct large_tag *t, void *arg), void *arg) {
  unsigned skipped = 0;
  for (struct shard *s = shards; s < shards + SHARDS; s++) {
    if (!lock_in_time(s)) {
      skipped++;
      continue;
    }
    for (size_t i = 0; i < s->slots; i++)
      if (s->tags[i].p != 0)
        visit(&s->tags[i], arg);
    unlock(s);
  }
  return skipped;
}

uint64_t large_tags_bytes(void) { return count_get(&mapped); }

void large_tags_forget(void) {
  for (struct shard *s = shards; s < shards + SHARDS; s++)
    unlock(s);
}
