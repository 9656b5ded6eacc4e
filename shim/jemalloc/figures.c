/* jemalloc's figures, read when that is possible; contract in figures.h. */
#include "figures.h"
#include "fork_gate.h"
#include "jemalloc.h"
#include "os.h"
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
      {"stats.arenas.4096.abandoned_vm", &f->abandoned}, /* 4096: all arenas */
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    n = sizeof(size_t);
    jep_mallctl(wanted[i].name, wanted[i].value, &n, NULL, 0);
  }
}

/* Two copies: one is read while the other is written. */
static struct {
  bool wanted;
  atomic_flag busy;
  _Atomic unsigned newest;
  _Atomic uint32_t at_ms;
  struct jemalloc_figures figures[2];
} memory = {.busy = ATOMIC_FLAG_INIT};

void figures_remember_from_now(void) {
  memory.wanted = true;
  figures_remember();
}

bool figures_are_remembered(void) { return memory.wanted; }

bool figures_are_due(void) {
  return memory.wanted && os_now_ms() - atomic_load(&memory.at_ms) >= REFRESH_MS;
}

void figures_remember(void) {
  if (atomic_flag_test_and_set(&memory.busy))
    return;
  unsigned next = !atomic_load(&memory.newest);
  figures_read(&memory.figures[next]);
  atomic_store(&memory.newest, next);
  atomic_store(&memory.at_ms, os_now_ms());
  atomic_flag_clear(&memory.busy);
}

void figures_remembered(struct jemalloc_figures *f) {
  *f = memory.figures[atomic_load(&memory.newest)];
}

void figures_fork_child(void) { atomic_flag_clear(&memory.busy); }

/* A fork that has the gate closed, or a handler that interrupted jemalloc, may not wait for it. */
void figures_refresh_if_due(struct heap *h) {
  if (h->outside > 0 || !figures_are_due() || !gate_try(h))
    return;
  int saved = errno;
  figures_remember();
  gate_leave(h);
  errno = saved;
}

void jemalloc_purge(void) {
  if (!jemalloc_start())
    return;
  jep_mallctl("thread.tcache.flush", NULL, NULL, NULL, 0); /* an error if there is none */
  jep_mallctl("arena.4096.purge", NULL, NULL, NULL, 0);    /* 4096: MALLCTL_ARENAS_ALL */
}
