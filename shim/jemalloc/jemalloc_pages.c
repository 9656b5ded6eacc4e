/* Adding up the pages of jemalloc's arenas; contract in jemalloc_pages.h. */
#include "jemalloc_pages.h"
#include "jemalloc.h"
#include "tagged_arena.h"

/* Of jemalloc's: its arenas, the number of the first that a program made ("arenas.create"), and the
 * function that adds one's figures to sums.  It reads counters, and needs no thread's record. */
struct jemalloc_arena;
extern hidden struct jemalloc_arena *_Atomic je_arenas[];
extern hidden unsigned je_manual_arena_base;
hidden unsigned je_narenas_total_get(void);
hidden void je_arena_basic_stats_merge(void *thread, struct jemalloc_arena *a, unsigned *threads,
                                       const char **dss, ssize_t *dirty_decay_ms,
                                       ssize_t *muzzy_decay_ms, size_t *active, size_t *dirty,
                                       size_t *muzzy);

static void add_arena(struct jemalloc_pages *s, unsigned i) {
  struct jemalloc_arena *a = atomic_load_explicit(&je_arenas[i], memory_order_acquire);
  unsigned threads = 0;
  const char *dss;
  ssize_t decay_ms;
  size_t active = 0, dirty = 0, muzzy = 0;
  if (a == NULL)
    return;
  je_arena_basic_stats_merge(NULL, a, &threads, &dss, &decay_ms, &decay_ms, &active, &dirty,
                             &muzzy);
  s->live += (uint64_t)active * PAGE_BYTES;
  s->idle += (uint64_t)dirty * PAGE_BYTES;
  s->arenas++;
}

/* jemalloc's own, and the tagged one, which comes behind them. */
static struct jemalloc_pages read_own_arenas(void) {
  struct jemalloc_pages s = {0};
  for (unsigned i = 0; i < je_manual_arena_base; i++)
    add_arena(&s, i);
  if (tagged_arena_flag != 0)
    add_arena(&s, tagged_arena_number());
  return s;
}

static uint64_t bytes_of(const char *name) {
  size_t pages = 0, bytes = sizeof pages;
  jep_mallctl(name, &pages, &bytes, NULL, 0);
  return (uint64_t)pages * PAGE_BYTES;
}

/* An arena that a program made may be destroyed meanwhile: mallctl has a lock against that. */
static struct jemalloc_pages read_all_arenas(void) {
  uint64_t epoch = 1;
  jep_mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
  return (struct jemalloc_pages){bytes_of("stats.arenas." ALL_ARENAS ".pactive"),
                                 bytes_of("stats.arenas." ALL_ARENAS ".pdirty"),
                                 je_narenas_total_get()};
}

bool jemalloc_has_own_arenas(void) {
  return je_narenas_total_get() > je_manual_arena_base + (tagged_arena_flag != 0);
}

struct jemalloc_pages jemalloc_pages_read(void) {
  return jemalloc_has_own_arenas() ? read_all_arenas() : read_own_arenas();
}
