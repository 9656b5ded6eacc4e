/* What the program mapped itself; contract in record_parts.h. */
#include "record_parts.h"

#include <stdlib.h>
#include <string.h>

/* Item after item of that kind: calls `visit`. */
typedef void visitor(struct record_work *w, const struct record_mapped *item, void *arg);
static void each(struct record_work *w, enum record_mapped_what what, visitor *visit, void *arg) {
  for (unsigned i = 0; i < w->m->pieces; i++) {
    const struct memory_piece *p = &w->m->piece[i];
    struct record_mapped item;
    for (size_t at = 0; p->kind == RECORD_MAPPED && at + sizeof item <= p->bytes;
         at += sizeof item) {
      memcpy(&item, p->at + at, sizeof item);
      if (item.what == what)
        visit(w, &item, arg);
    }
  }
}

static uint32_t known_site(const struct record_work *w, uint32_t site) {
  return site < image_items(w->image, DUMP_SITES) ? site : RECORD_SITE_UNTAGGED;
}
static uint32_t known_arena(const struct record_work *w, uint32_t arena) {
  return arena <= image_items(w->image, DUMP_ARENAS) ? arena : 0;
}

/* ---- ranges ---- */

static void range(struct record_work *w, const struct record_mapped *item, void *unused) {
  (void)unused;
  if (item->range.start >= item->range.end)
    return;
  *(struct dump_map *)image_add(w->image, DUMP_MAPS) =
      (struct dump_map){.start = item->range.start,
                        .end = item->range.end,
                        .offset = item->range.offset,
                        .arena = known_arena(w, item->arena),
                        .site = known_site(w, item->site),
                        .kind = item->kind,
                        .protection = item->protection,
                        .flags = (uint32_t)item->range.flags};
}

static int by_address(const void *a, const void *b) {
  const struct dump_map *x = a, *y = b;
  return (x->start > y->start) - (x->start < y->start);
}

/* In the order of addresses.  Two that overlap were read at different moments: the first stays. */
static void ranges_sort(struct image *m) {
  size_t n = image_items(m, DUMP_MAPS), kept = 0;
  if (n == 0)
    return;
  struct dump_map *maps = image_item(m, DUMP_MAPS, 0);
  qsort(maps, n, sizeof *maps, by_address);
  for (size_t i = 0; i < n; i++)
    if (kept == 0 || maps[i].start >= maps[kept - 1].end)
      maps[kept++] = maps[i];
  m->section[DUMP_MAPS - 1].used = kept;
}

uint32_t record_mapped_by(const struct record_work *w, uint64_t at, uint64_t *until) {
  size_t low = 0, high = image_items(w->image, DUMP_MAPS), n = high;
  while (low < high) {
    size_t middle = (low + high) / 2;
    const struct dump_map *m = image_item(w->image, DUMP_MAPS, middle);
    if (m->end <= at)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == n)
    return 0;
  const struct dump_map *m = image_item(w->image, DUMP_MAPS, low);
  uint64_t change = m->start > at ? m->start : m->end;
  *until = change < *until ? change : *until;
  return m->start <= at && m->site < image_items(w->image, DUMP_SITES) ? m->site + 1 : 0;
}

/* ---- accounts ---- */

static void find_sum(struct record_work *w, const struct record_mapped *item, void *sum) {
  (void)w;
  *(struct record_mapped *)sum = *item;
}

static void account(struct record_work *w, const struct record_mapped *item, void *sum) {
  bool changed = item->account.epoch == ((const struct record_mapped *)sum)->account.epoch;
  if (item->account.allocs == 0)
    return;
  *(struct dump_map_account *)image_add(w->image, DUMP_MAPS_BY_SITE) = (struct dump_map_account){
      .arena = known_arena(w, item->arena),
      .site = known_site(w, item->site),
      .allocs = item->account.allocs,
      .bytes = item->account.bytes,
      .live_bytes = item->account.live_bytes,
      .peak_bytes = item->account.peak_bytes,
      .at_peak_bytes = changed ? item->account.at_peak_bytes : item->account.live_bytes};
}

static int by_owner(const void *a, const void *b) {
  const struct dump_map_account *x = a, *y = b;
  if (x->arena != y->arena)
    return x->arena > y->arena ? 1 : -1;
  return (x->site > y->site) - (x->site < y->site);
}

/* Counts the ranges of each account. */
static void ranges_count(struct image *m) {
  size_t accounts = image_items(m, DUMP_MAPS_BY_SITE);
  if (accounts == 0)
    return;
  struct dump_map_account *all = image_item(m, DUMP_MAPS_BY_SITE, 0), *found;
  qsort(all, accounts, sizeof *all, by_owner);
  for (size_t i = 0; i < image_items(m, DUMP_MAPS); i++) {
    const struct dump_map *r = image_item(m, DUMP_MAPS, i);
    const struct dump_map_account owner = {.arena = r->arena, .site = r->site};
    if ((found = bsearch(&owner, all, accounts, sizeof *all, by_owner)) != NULL)
      found->ranges++;
  }
}

void record_mapped(struct record_work *w) {
  struct record_mapped sum = {0};
  each(w, RECORD_MAPPED_SUM, find_sum, &sum);
  each(w, RECORD_MAPPED_ACCOUNT, account, &sum);
  each(w, RECORD_MAPPED_RANGE, range, NULL);
  ranges_sort(w->image);
  ranges_count(w->image);
  if (sum.what == RECORD_MAPPED_NONE)
    return;
  static const char missed[] = "calls of mmap and its family that could not be booked";
  struct dump_health *h = image_add(w->image, DUMP_HEALTH);
  h->name = image_text(w->image, missed, sizeof missed);
  h->flags = DUMP_NOTE;
  h->count = sum.account.allocs;
}
