/* The last moment of the time axis: what the process held when its books were read, or when they
 * were changed last; contract in record_parts.h.
 *
 * The process takes moments in slow paths, when one is due: one that has slept since, or was
 * killed, holds something else than its last moment says.
 */
#include "record_parts.h"
#include "say.h"

#include <stdlib.h>

/* What a moment of the process's own counts as live (shim/stats/timeline.c): what its accounts say,
 * if all that lives has one, be it of before an attach, or samples have been taken since the start.
 */
static bool counts_accounts(const struct record_work *w) {
  return record_is_tagged(w) && (record_process(w)->attached_mono == 0 || record_is_attached(w));
}

/* What it counts as allocations: requests by counters, if not all since the start have a tag. */
static bool counts_requests(const struct record_work *w) {
  return !record_is_whole(w) || record_is_attached(w);
}

static uint64_t bytes_with_rounding(const struct record_work *w) {
  uint64_t bytes = record_process(w)->large_live;
  for (size_t i = 0; i < image_items(w->image, DUMP_CLASSES); i++) {
    const struct dump_class *c = image_item(w->image, DUMP_CLASSES, i);
    bytes += c->in_use * c->cell_bytes;
  }
  return bytes;
}

static uint64_t allocs(const struct record_work *w) {
  bool requests = counts_requests(w);
  uint64_t n = 0;
  for (size_t i = 0; i < image_items(w->image, DUMP_ARENAS); i++) {
    const struct dump_arena *a = image_item(w->image, DUMP_ARENAS, i);
    n += requests ? a->total_big_blocks : a->total_allocs;
  }
  for (size_t i = 0; requests && i < image_items(w->image, DUMP_CLASSES); i++)
    n += ((const struct dump_class *)image_item(w->image, DUMP_CLASSES, i))->allocs;
  return n;
}

static uint64_t mapped(const struct record_work *w) {
  for (size_t i = 0; i < image_items(w->image, DUMP_LEDGER); i++) {
    const struct dump_ledger *l = image_item(w->image, DUMP_LEDGER, i);
    if (l->kind == DUMP_LEDGER_TOTAL)
      return l->bytes;
  }
  return record_process(w)->mapped;
}

/* ---- who holds it ---- */

struct held {
  uint64_t bytes;
  uint32_t site;
};

static int most_first(const void *a, const void *b) {
  uint64_t x = ((const struct held *)a)->bytes, y = ((const struct held *)b)->bytes;
  return x != y ? (x > y ? -1 : 1) : 0;
}

/* What each call site holds, in the order of sites, to be freed; of before there are none. */
static struct held *held_by_sites(const struct record_work *w, size_t sites) {
  struct held *held = must_zalloc(sites + 1, sizeof *held);
  for (size_t i = 0; i < sites; i++)
    held[i].site = (uint32_t)i;
  for (size_t i = 0; i < image_items(w->image, DUMP_ACCOUNTS); i++) {
    const struct dump_account *a = image_item(w->image, DUMP_ACCOUNTS, i);
    const struct dump_site *s = image_item(w->image, DUMP_SITES, a->site);
    if (s->kind != DUMP_SITE_BEFORE)
      held[a->site].bytes += a->live_bytes;
  }
  return held;
}

/* Adds the shares of those that hold most; returns their sum. */
static uint64_t add_shares(struct record_work *w, uint32_t moment) {
  size_t sites = image_items(w->image, DUMP_SITES);
  struct held *held = held_by_sites(w, sites);
  uint64_t sum = 0;
  qsort(held, sites, sizeof *held, most_first);
  for (size_t i = 0; i < sites && i < RECORD_SHARES_MOST && held[i].bytes != 0; i++) {
    *(struct dump_share *)image_add(w->image, DUMP_SHARES) =
        (struct dump_share){.moment = moment, .site = held[i].site, .bytes = held[i].bytes};
    sum += held[i].bytes;
  }
  free(held);
  return sum;
}

/* ---- the moment ---- */

static const struct dump_moment *last_moment(const struct record_work *w) {
  return image_item(w->image, DUMP_MOMENTS, image_items(w->image, DUMP_MOMENTS) - 1);
}

/* Later than the one before, whose clock is finer. */
static uint64_t time_after(const struct record_work *w, uint32_t moment, uint64_t ns) {
  const struct dump_moment *before = moment > 0 ? last_moment(w) : NULL;
  return before != NULL && before->time_ns >= ns ? before->time_ns + 1 : ns;
}

void record_now(struct record_work *w, uint64_t lived_ns, uint64_t resident) {
  uint32_t moment = (uint32_t)image_items(w->image, DUMP_MOMENTS);
  struct dump_moment m = {.time_ns = time_after(w, moment, lived_ns),
                          .live_bytes = counts_accounts(w) ? w->live_bytes : bytes_with_rounding(w),
                          .mapped_bytes = mapped(w),
                          .resident_bytes = resident,
                          .allocs = allocs(w),
                          .flags = DUMP_MOMENT_AT_READING};
  if (moment > 0 && m.allocs < last_moment(w)->allocs)
    m.allocs = last_moment(w)->allocs; /* counters lag, and are not read at one time */
  if (record_is_tagged(w)) {
    uint64_t known = add_shares(w, moment);
    m.live_bytes = m.live_bytes > known ? m.live_bytes : known;
    m.rest_bytes = m.live_bytes - known;
    m.flags |= DUMP_MOMENT_TAGGED;
  }
  *(struct dump_moment *)image_add(w->image, DUMP_MOMENTS) = m;
}
