/* Judges dumps; contract in check_judge.h.
 *
 *   figure           from                   judged by
 *   live bytes       the process            --max-live, --max-growth
 *   peak bytes       the process            --max-peak, --max-growth
 *   allocations      the sum of all arenas  --max-allocs
 *   bytes requested  the sum of all arenas  --max-growth
 *
 * A figure that is only known to be at most so much may hold, but is said to exceed a limit only if
 * the least that it can be does.  Such are peaks, and what is alive of requests from while nobody
 * was attached: their objects are known with their rounding.
 * A figure that a dump does not have, or not all of, is never taken for one that holds.
 */
#include "check_judge.h"
#include "say.h"

const enum sort check_sorts[CHECKS] = {SORT_LIVE, SORT_PEAK, SORT_ALLOCS, SORT_BYTES};

static uint64_t arenas_sum(const struct dump *d, bool bytes) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < d->n_arenas; i++)
    sum += bytes ? d->arenas[i].total_size : d->arenas[i].total_allocs;
  return sum;
}

/* Bytes of objects of which only the room is known. */
static uint64_t unattached_bytes(const struct dump *d) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < d->n_accounts; i++)
    if (d->sites[d->accounts[i].site].kind == DUMP_SITE_BEFORE)
      sum += d->accounts[i].live_bytes;
  return sum;
}

static struct figure figure_of(const struct dump *d, int which) {
  const struct dump_process *p = d->process;
  struct figure f = {.known = true, .low = p->flags & DUMP_PARTIAL};
  switch (which) {
  case CHECK_LIVE:
    f.value = p->live_bytes;
    f.unsure = unattached_bytes(d);
    f.bound = f.unsure > 0;
    break;
  case CHECK_PEAK:
    f.value = p->peak_bytes;
    f.unsure = f.value;
    f.bound = p->flags & DUMP_PEAK_BOUND || unattached_bytes(d) > 0;
    break;
  default:
    f.value = arenas_sum(d, which == CHECK_BYTES);
    f.known = d->has_arenas;
  }
  return f;
}

bool check_is_possible(const struct dump *d, const char *file) {
  if (!d->has_processes || d->n_processes == 0)
    say_error("%s: can't be judged: its process's figures are lost: copy or make the dump again",
              file);
  else if (d->process->tags == DUMP_TAG_OFF)
    say_error(
        "%s: can't be judged: without tags large requests are not counted: run the program with "
        "ARENASHIM_TAG=site",
        file);
  else if (d->process->sample_bytes > 0)
    say_error("%s: can't be judged: it is sampled, and estimates are not judged: run the program "
              "without ARENASHIM_SAMPLE",
              file);
  else
    return true;
  return false;
}

static enum verdict judged(struct figure f, uint64_t most) {
  if (!f.known)
    return UNKNOWN;
  if (f.value <= most)
    return f.low ? UNKNOWN : HOLDS;
  return f.bound && (f.unsure >= f.value || f.value - f.unsure <= most) ? UNKNOWN : EXCEEDED;
}

enum verdict check_worse(enum verdict a, enum verdict b) {
  return a == EXCEEDED || b == EXCEEDED ? EXCEEDED : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : HOLDS;
}

static struct check_verdict limit_judge(const struct dump *d, int which, uint64_t most) {
  struct check_verdict v = {.asked = true, .most = most, .is = figure_of(d, which)};
  v.verdict = judged(v.is, most);
  return v;
}

/* Nothing may become something only if any growth is allowed: none of nothing is nothing. */
static struct check_verdict growth_judge(const struct dump *old, const struct dump *d, int which,
                                         double growth) {
  struct check_verdict v = {.asked = true, .is = figure_of(d, which), .was = figure_of(old, which)};
  long double most = v.was.value + v.was.value * (long double)growth / 100;
  v.most = most < (long double)UINT64_MAX ? (uint64_t)most : UINT64_MAX;
  bool usable = v.was.known && !v.was.bound && !v.was.low;
  v.verdict = usable ? judged(v.is, v.most) : UNKNOWN;
  return v;
}

struct check_result check_judge(const struct check_options *o, const struct dump *old,
                                const struct dump *d) {
  struct check_result r = {.verdict = HOLDS};
  for (int i = 0; i < CHECKS; i++) {
    if (o->limits[i].set)
      r.limits[i] = limit_judge(d, i, o->limits[i].most);
    if (old != NULL && i != CHECK_ALLOCS)
      r.growths[i] = growth_judge(old, d, i, o->growth);
    r.verdict = check_worse(r.verdict, r.limits[i].asked ? r.limits[i].verdict : HOLDS);
    r.verdict = check_worse(r.verdict, r.growths[i].asked ? r.growths[i].verdict : HOLDS);
  }
  return r;
}
