/* Freed extents that wait for the next request; picture and contract in extent_cache.h. */
#include "extent_cache.h"
#include "jemalloc_pages.h"
#include "thread_record.h"

struct shard {
  _Alignas(CACHE_LINE) atomic_flag busy; /* what follows belongs to the thread that has set it; what
                                            is atomic is read by others, too */
  _Atomic uint64_t bytes;
  _Atomic uint8_t count[EXTENT_CLASSES];
  uint8_t least[EXTENT_CLASSES]; /* the lowest count since the last trim */
  _Atomic(void *) extent[EXTENT_CLASSES][EXTENTS_A_CLASS];
};

static struct shard shards[EXTENT_SHARDS];
static _Atomic unsigned used_shards; /* that have objects */
static _Atomic uint64_t limit = EXTENTS_FEW;

/* The kind of the page of an object that waits. */
static unsigned idle_kind(unsigned i) { return PAGE_IDLE + PAGE_PLAIN + 1 + EXTENT_FIRST + i; }

static struct shard *shard_of(const struct heap *h) {
  return &shards[heap_number(h) % EXTENT_SHARDS];
}

static bool enter(struct shard *s) {
  return !atomic_flag_test_and_set_explicit(&s->busy, memory_order_acquire);
}
static void leave(struct shard *s) { atomic_flag_clear_explicit(&s->busy, memory_order_release); }

static unsigned count_of(const struct shard *s, unsigned i) {
  return atomic_load_explicit(&s->count[i], memory_order_relaxed);
}

static void *extent_at(const struct shard *s, unsigned i, unsigned n) {
  return atomic_load_explicit(&s->extent[i][n], memory_order_relaxed);
}
static void set_extent(struct shard *s, unsigned i, unsigned n, void *p) {
  atomic_store_explicit(&s->extent[i][n], p, memory_order_relaxed);
}

/* Inside a shard: it has that many objects of a class. */
static void set_count(struct shard *s, unsigned i, unsigned n) {
  uint64_t before = count_get(&s->bytes), of_class = large_class_bytes(i + EXTENT_FIRST);
  uint64_t now = before - count_of(s, i) * of_class + n * of_class;
  atomic_store_explicit(&s->count[i], (uint8_t)n, memory_order_relaxed);
  atomic_store_explicit(&s->bytes, now, memory_order_relaxed);
  if (n < s->least[i])
    s->least[i] = (uint8_t)n;
  if ((before == 0) != (now == 0))
    atomic_fetch_add_explicit(&used_shards, now != 0 ? 1 : -1U, memory_order_relaxed);
}

void *extent_take(struct heap *h, unsigned k) {
  unsigned i = k - EXTENT_FIRST;
  struct shard *s = shard_of(h);
  if (count_of(s, i) == 0 || !enter(s))
    return NULL;
  void *p = NULL;
  unsigned n = count_of(s, i);
  if (likely(n != 0)) {
    p = extent_at(s, i, n - 1);
    set_count(s, i, n - 1);
  }
  leave(s);
  return p;
}

static bool has_room(const struct shard *s, unsigned i) {
  uint64_t bytes = count_get(&s->bytes) + large_class_bytes(i + EXTENT_FIRST);
  unsigned others = atomic_load_explicit(&used_shards, memory_order_relaxed);
  return count_of(s, i) < EXTENTS_A_CLASS && bytes * (others + (others == 0)) <= count_get(&limit);
}

/* What waits here must go back in time, and must not go with an arena of the program's. */
static bool is_allowed(const struct heap *h) {
  return record_of(h)->cache_is_open && jemalloc_leaves_purging() && !jemalloc_has_own_arenas();
}

bool extent_put(struct heap *h, void *p, unsigned k) {
  unsigned i = k - EXTENT_FIRST;
  struct shard *s = shard_of(h);
  if (!has_room(s, i) || !is_allowed(h) || !enter(s))
    return false;
  bool done = has_room(s, i);
  if (likely(done)) {
    unsigned n = count_of(s, i);
    page_map_mark(p, idle_kind(i));
    set_extent(s, i, n, p);
    set_count(s, i, n + 1);
  }
  leave(s);
  return done;
}

/* ---- what goes back ---- */

/* Inside a shard: the n oldest objects of a class go back. */
static void give_back(struct shard *s, unsigned i, unsigned n) {
  unsigned rest = count_of(s, i) - n;
  for (unsigned k = 0; k < n; k++) {
    void *p = extent_at(s, i, k);
    page_map_mark(p, PAGE_PLAIN);
    jep_free(p);
  }
  for (unsigned k = 0; k < rest; k++)
    set_extent(s, i, k, extent_at(s, i, n + k));
  set_count(s, i, rest);
  s->least[i] = (uint8_t)rest;
}

static void trim_shard(struct shard *s, bool all) {
  if (count_get(&s->bytes) == 0 || !enter(s))
    return;
  for (unsigned i = 0; i < EXTENT_CLASSES; i++)
    give_back(s, i, all ? count_of(s, i) : s->least[i]);
  leave(s);
}

void extent_trim(bool all) {
  uint64_t used = atomic_load(&used_shards), most = count_get(&limit);
  for (unsigned k = 0; k < EXTENT_SHARDS; k++)
    trim_shard(&shards[k], all || count_get(&shards[k].bytes) * used > most);
}

static uint64_t limit_for(uint64_t live, uint64_t most) {
  uint64_t left = count_less(EXTENTS_SMALL, most), share = live / EXTENTS_SHARE;
  uint64_t few = left < EXTENTS_FEW ? left : EXTENTS_FEW;
  uint64_t bytes = few > share ? few : share;
  return bytes >= HUGE_LEAST ? bytes : 0;
}

void extent_set_limit(uint64_t live, uint64_t most) {
  atomic_store_explicit(&limit, limit_for(live, most), memory_order_relaxed);
}

uint64_t extent_bytes(void) {
  uint64_t sum = 0;
  for (unsigned k = 0; k < EXTENT_SHARDS; k++)
    sum += count_get(&shards[k].bytes);
  return sum;
}
