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

static void sums_set(const struct dump *d, struct dump_process *p) {
  p->live_bytes = p->live_objects = p->peak_bytes = p->sample_bytes = 0;
  p->flags &= ~(uint32_t)DUMP_PEAK_BOUND;
  for (uint32_t i = 0; i < d->n_accounts; i++) {
    p->live_bytes += d->accounts[i].live_bytes;
    p->live_objects += d->accounts[i].live_objects;
    p->peak_bytes += d->accounts[i].at_peak_bytes;
  }
}

static void accounts_set(struct dump *d, struct dump_process *p) {
  d->accounts = must_zalloc((size_t)d->n_map_accounts + 1, sizeof *d->accounts);
  for (uint32_t i = 0; i < d->n_map_accounts; i++)
    d->accounts[i] = mapped_account(d, i);
  d->n_accounts = d->n_map_accounts;
  d->has_accounts = d->mapped = true;
  sums_set(d, p);
}

bool mapped_show(struct dump *d, const char *file) {
  if (d->n_map_accounts == 0) {
    say_error(
        "%s: no mapping is in it: the program made none by mmap, brk or shmat, and no thread, or "
        "call sites were not recorded, or the dump is older than version 1.3",
        file);
    return false;
  }
  free(d->accounts);
  accounts_set(d, d->processes);
  return true;
}

void mapped_view_open(struct mapped_view *v, const struct dump *d) {
  v->dump = *d;
  v->process = *d->process;
  v->dump.process = &v->process;
  accounts_set(&v->dump, &v->process);
}

void mapped_view_close(struct mapped_view *v) { free(v->dump.accounts); }
