/* Reading and remembering jemalloc's figures; contract in figures.h. */
#include "figures.h"
#include "extent_cache.h"
#include "fork_gate.h"
#include "jemalloc.h"
#include "os.h"
#include "thread_record.h"
#include "thread_state.h"

#include <errno.h>

struct mallctl_size {
  const char *name;
  size_t *value;
};

void figures_read(struct jemalloc_figures *f) {
  *f = (struct jemalloc_figures){0};
  if (!jemalloc_start())
    return;
  uint64_t epoch = 1;
  size_t n = sizeof epoch;
  jep_mallctl("epoch", &epoch, &n, &epoch, n);
  const struct mallctl_size wanted[] = {
      {"stats.allocated", &f->allocated},
      {"stats.active", &f->active},
      {"stats.metadata", &f->metadata},
      {"stats.mapped", &f->mapped},
      {"stats.retained", &f->retained},
      {"stats.resident", &f->resident},
      {"stats.arenas." ALL_ARENAS ".pdirty", &f->dirty},
      {"stats.arenas." ALL_ARENAS ".tcache_bytes", &f->cached},
      {"stats.arenas." ALL_ARENAS ".abandoned_vm", &f->abandoned},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    n = sizeof(size_t);
    jep_mallctl(wanted[i].name, wanted[i].value, &n, NULL, 0);
  }
  f->dirty *= PAGE_BYTES; /* it counts pages */
  f->cached += extent_bytes();
}

/* Two copies: one is read while the other is written.  `at_ms` is when the newest was read. */
static struct {
  bool wanted;
  atomic_flag busy;
  _Atomic unsigned newest;
  _Atomic uint32_t at_ms;
  struct jemalloc_figures figures[2];
} kept = {.busy = ATOMIC_FLAG_INIT};

/* Does nothing while another thread does so. */
static void remember(void) {
  if (atomic_flag_test_and_set(&kept.busy))
    return;
  unsigned next = !atomic_load(&kept.newest);
  figures_read(&kept.figures[next]);
  atomic_store(&kept.newest, next);
  atomic_store(&kept.at_ms, os_now_ms());
  atomic_flag_clear(&kept.busy);
}

void figures_remember_from_now(void) {
  kept.wanted = true;
  remember();
}

bool figures_are_remembered(void) { return kept.wanted; }

static bool is_due(void) {
  return kept.wanted && os_now_ms() - atomic_load(&kept.at_ms) >= REFRESH_MS;
}

void figures_remembered(struct jemalloc_figures *f) {
  *f = kept.figures[atomic_load(&kept.newest)];
}

void figures_fork_child(void) { atomic_flag_clear(&kept.busy); }

void figures_refresh_if_due(struct heap *h) {
  if (record_of(h)->outside > 0 || !is_due() || !gate_try(h))
    return;
  int saved = errno;
  remember();
  gate_leave(h);
  errno = saved;
}
