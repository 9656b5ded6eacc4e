/* Making the tagged arena, and threads' caches for it; contract in tagged_arena.h. */
#include "tagged_arena.h"
#include "fork_gate.h"
#include "thread_state.h"

/* The flags of higher numbers would be below 0, and meet those of arenas. */
enum { ARENA_MOST = 2000, CACHE_MOST = 4000 };

hidden _Atomic int tagged_arena_flag;
hidden __thread int tagged_cache_own __attribute__((tls_model("initial-exec")));

/* Asks jemalloc for a new arena or cache.  False: no memory. */
static bool make(const char *name, unsigned *number) {
  size_t bytes = sizeof *number;
  return thread_is_ready() && jep_mallctl(name, number, &bytes, NULL, 0) == 0;
}

void tagged_arena_make(void) {
  unsigned arena;
  if (tagged_arena_flag == 0 && make("arenas.create", &arena) && arena <= ARENA_MOST)
    tagged_arena_flag = ((int)arena + 1) << FLAG_ARENA_SHIFT;
}

static void destroy(unsigned cache) {
  jep_mallctl("tcache.destroy", NULL, NULL, &cache, sizeof cache);
}

/* The number that jemalloc has given the calling thread's cache, if there is one. */
static unsigned own_cache(void) { return (unsigned)(tagged_cache_own >> FLAG_CACHE_SHIFT) - 2; }

void tagged_cache_open(struct heap *h) {
  unsigned cache;
  if (tagged_arena_flag == 0 || tagged_cache_own != 0 || !jep_opt_tcache)
    return;
  gate_pass(h);
  if (make("tcache.create", &cache)) {
    if (cache <= CACHE_MOST)
      tagged_cache_own = ((int)cache + 2) << FLAG_CACHE_SHIFT;
    else
      destroy(cache);
  }
  gate_leave(h);
}

void tagged_cache_close(struct heap *h) {
  if (tagged_cache_own == 0)
    return;
  unsigned cache = own_cache();
  tagged_cache_own = 0;
  gate_pass(h);
  destroy(cache);
  gate_leave(h);
}

void tagged_cache_fork_child(void) { tagged_cache_own = 0; }

void tagged_cache_flush(struct heap *h) {
  if (tagged_cache_own == 0)
    return;
  unsigned cache = own_cache();
  gate_pass(h);
  jep_mallctl("tcache.flush", NULL, NULL, &cache, sizeof cache);
  gate_leave(h);
}
