/* Accounts of mappings; contract in mapped.h. */
#include "mapped.h"
#include "say.h"

#include <stdlib.h>

uint64_t mapped_live(const struct dump *d) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < d->n_map_accounts; i++)
    bytes += d->map_accounts[i].live_bytes;
  return bytes;
}

struct dump_account mapped_account(const struct dump *d, uint32_t number) {
  const struct dump_map_account *m = &d->map_accounts[number];
  return (struct dump_account){.arena = m->arena == 0 ? d->n_arenas : m->arena - 1,
                               .site = m->site,
                               .allocs = m->allocs,
                               .frees = m->allocs > m->ranges ? m->allocs - m->ranges : 0,
                               .bytes = m->bytes,
                               .live_objects = m->ranges,
                               .live_bytes = m->live_bytes,
                               .live_rounded = m->live_bytes,
                               .peak_bytes = m->peak_bytes,
                               .at_peak_bytes = m->at_peak_bytes};
}

static void sums_set(struct dump *d) {
  struct dump_process *p = d->processes;
  p->live_bytes = p->live_objects = p->peak_bytes = p->sample_bytes = 0;
  p->flags &= ~(uint32_t)DUMP_PEAK_BOUND;
  for (uint32_t i = 0; i < d->n_accounts; i++) {
    p->live_bytes += d->accounts[i].live_bytes;
    p->live_objects += d->accounts[i].live_objects;
    p->peak_bytes += d->accounts[i].at_peak_bytes;
  }
}

bool mapped_show(struct dump *d, const char *file) {
  if (d->n_map_accounts == 0) {
    say_error(
        "%s: no mapping is in it: the program made none by mmap, brk or shmat, and no thread, or "
        "call sites were not recorded, or the dump is older than version 1.3",
        file);
    return false;
  }
  struct dump_account *accounts = must_zalloc((size_t)d->n_map_accounts + 1, sizeof *accounts);
  for (uint32_t i = 0; i < d->n_map_accounts; i++)
    accounts[i] = mapped_account(d, i);
  free(d->accounts);
  d->accounts = accounts;
  d->n_accounts = d->n_map_accounts;
  d->has_accounts = d->mapped = true;
  sums_set(d);
  return true;
}
