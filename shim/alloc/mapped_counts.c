/* Live and peak bytes; contract in mapped_counts.h. */
#include "mapped_counts.h"
#include "mapped_accounts.h"

static struct {
  uint64_t epoch; /* grows with each new peak */
  _Atomic uint64_t live_bytes, peak_bytes;
  _Atomic uint64_t missed;
  struct record_mapped *shown;
} sum;

void mapped_count_missed(void) { atomic_fetch_add(&sum.missed, 1); }

void mapped_sum(struct mapped_totals *to) {
  *to = (struct mapped_totals){
      .live_bytes = sum.live_bytes, .peak_bytes = sum.peak_bytes, .missed = sum.missed};
}

void mapped_count_read(uint32_t number, struct mapped_account *to) {
  *to = *mapped_account_at(number);
  if (to->epoch != sum.epoch)
    to->at_peak_bytes = to->live_bytes;
}

/* ---- for readers outside of the process ---- */

static void show(const struct mapped_account *a) {
  mapped_shown_set(a->shown, &(struct record_mapped){.what = RECORD_MAPPED_ACCOUNT,
                                                     .arena = a->arena,
                                                     .site = a->site,
                                                     .account = {.allocs = a->allocs,
                                                                 .bytes = a->bytes,
                                                                 .live_bytes = a->live_bytes,
                                                                 .peak_bytes = a->peak_bytes,
                                                                 .at_peak_bytes = a->at_peak_bytes,
                                                                 .epoch = a->epoch}});
}

static void show_sum(void) {
  if (sum.shown == NULL)
    sum.shown = mapped_shown_new();
  mapped_shown_set(sum.shown, &(struct record_mapped){.what = RECORD_MAPPED_SUM,
                                                      .account = {.allocs = sum.missed,
                                                                  .live_bytes = sum.live_bytes,
                                                                  .peak_bytes = sum.peak_bytes,
                                                                  .epoch = sum.epoch}});
}

/* ---- changes ---- */

/* The sum is about to change. */
static void enter_epoch(struct mapped_account *a) {
  if (a->epoch == sum.epoch)
    return;
  a->at_peak_bytes = a->live_bytes;
  a->epoch = sum.epoch;
}

void mapped_count_add(struct mapped_account *a, uint64_t bytes) {
  enter_epoch(a);
  a->allocs++;
  a->bytes += bytes;
  a->live_bytes += bytes;
  if (a->live_bytes > a->peak_bytes)
    a->peak_bytes = a->live_bytes;
  sum.live_bytes += bytes;
  if (sum.live_bytes > sum.peak_bytes) {
    sum.peak_bytes = sum.live_bytes;
    sum.epoch++;
  }
  show(a);
  show_sum();
}

void mapped_count_subtract(struct mapped_account *a, uint64_t bytes) {
  enter_epoch(a);
  a->live_bytes -= bytes;
  sum.live_bytes -= bytes;
  show(a);
  show_sum();
}

/* ---- forks ---- */

void mapped_counts_clear(void) {
  for (uint32_t i = 0; i < mapped_accounts_count(); i++)
    mapped_account_at(i)->live_bytes = mapped_account_at(i)->ranges = 0;
  sum.live_bytes = 0;
}

void mapped_count_again(const struct mapped_range *r) {
  r->what.account->ranges++;
  r->what.account->live_bytes += r->end - r->start;
  sum.live_bytes += r->end - r->start;
  show(r->what.account);
}

static void restart(struct mapped_account *a) {
  a->bytes = a->peak_bytes = a->live_bytes;
  a->allocs = a->ranges;
  a->epoch = 0;
  show(a);
}

void mapped_counts_restart(void) {
  for (uint32_t i = 0; i < mapped_accounts_count(); i++)
    restart(mapped_account_at(i));
  sum.peak_bytes = sum.live_bytes;
  sum.missed = 0;
  sum.epoch = 1;
  show_sum();
}
