/* Reduces a dump; contract in top_reading.h. */
#include "top_reading.h"
#include "rows.h"
#include "say.h"
#include "top_sites.h"

#include <stdlib.h>

static void counts_add(struct top_counts *to, const struct top_counts *c) {
  to->live += c->live;
  to->objects += c->objects;
  to->allocs += c->allocs;
  to->waste += c->waste;
}

/* The counts of a row, which may be newer than the table. */
static void rows_add(struct top_rows *rows, uint32_t row, const struct top_counts *c) {
  if (row >= rows->count) {
    uint32_t count = row + row / 2 + 64;
    rows->items = must_extend(rows->items, rows->count, count, sizeof *rows->items);
    rows->count = count;
  }
  counts_add(&rows->items[row], c);
}

static void sites_read(struct top_reading *r, const struct dump *d, struct top_group *g,
                       const struct top_sites *sites) {
  for (uint32_t i = 0; i < d->n_accounts; i++) {
    const struct dump_account *a = &d->accounts[i];
    struct top_counts c = {.live = a->live_bytes,
                           .objects = a->live_objects,
                           .allocs = a->allocs,
                           .waste = waste_known(d) ? account_waste(a) : 0};
    rows_add(&r->rows[TOP_SITES], top_sites_row(sites, g, d, a->site), &c);
  }
}

/* Requests of an arena; without tags those that went to jemalloc are counted apart. */
static uint64_t arena_allocs(const struct dump *d, const struct dump_arena *a) {
  return d->process->tags == DUMP_TAG_OFF ? a->total_allocs + a->total_big_blocks : a->total_allocs;
}

/* A thread's arena is known by its number: its name is that of the last thread that had it. */
static uint32_t arena_row(struct top_group *g, const struct dump *d, const struct dump_arena *a) {
  char key[32], text[256];
  snprintf(key, sizeof key, "arena %u", a->number);
  const char *name = dump_text(d, a->name); /* "" while the thread runs and cannot be asked */
  snprintf(text, sizeof text, "%u %s%s(threads: %u)", a->number, name, *name != '\0' ? " " : "",
           a->threads);
  uint32_t row = top_group_row(g, key);
  top_group_show(g, row, text);
  return row;
}

static void arenas_read(struct top_reading *r, const struct dump *d, struct top_group *g) {
  uint64_t *waste = arenas_waste(d);
  for (uint32_t i = 0; i < d->n_arenas; i++) {
    const struct dump_arena *a = &d->arenas[i];
    struct top_counts c = {.live = a->live_bytes,
                           .objects = a->live_objects,
                           .allocs = arena_allocs(d, a),
                           .waste = waste_known(d) ? waste[i] : 0};
    rows_add(&r->rows[TOP_ARENAS], arena_row(g, d, a), &c);
    r->all.allocs += c.allocs;
    r->all.waste += c.waste;
  }
  free(waste);
}

/* Regions of one name made at one place share a row; how many objects they hold nobody counts. */
static void regions_read(struct top_reading *r, const struct dump *d, struct top_group *g) {
  for (uint32_t i = 0; i < d->n_regions; i++) {
    const struct dump_region *region = &d->regions[i];
    const char *name = dump_text(d, region->name);
    struct top_counts c = {
        .live = region->used,
        .allocs = region->total_allocs,
        .waste = region->reserved > region->used ? region->reserved - region->used : 0};
    char *key = must_print("region %u %s", region->node, name);
    char *text = must_print("region %s", name);
    uint32_t row = top_group_row(g, key);
    top_group_show(g, row, text);
    rows_add(&r->rows[TOP_ARENAS], row, &c);
    free(key);
    free(text);
  }
}

static void classes_read(struct top_reading *r, const struct dump *d, struct top_group *g) {
  for (uint32_t i = 0; i < d->n_classes; i++) {
    const struct dump_class *class = &d->classes[i];
    struct top_counts c = {.live = class->in_use * class->cell_bytes,
                           .objects = class->in_use,
                           .allocs = class->allocs,
                           .waste = class_waste(d, class)};
    char name[64];
    snprintf(name, sizeof name, "cells of %llu B", (unsigned long long)class->cell_bytes);
    rows_add(&r->rows[TOP_CLASSES], top_group_row(g, name), &c);
  }
}

static void ledger_read(struct top_reading *r, const struct dump *d) {
  for (uint32_t i = 0; i < d->n_ledger; i++) {
    if (d->ledger[i].kind == DUMP_LEDGER_TOTAL)
      r->mapped = d->ledger[i].bytes;
    else if (d->ledger[i].kind == DUMP_LEDGER_RESIDENT)
      r->resident = d->ledger[i].bytes;
  }
}

struct top_reading top_reading_new(const struct dump *d, uint64_t ns, struct top_group *groups,
                                   const struct top_sites *sites) {
  struct top_reading r = {
      .ns = ns, .all = {.live = d->process->live_bytes, .objects = d->process->live_objects}};
  sites_read(&r, d, &groups[TOP_SITES], sites);
  arenas_read(&r, d, &groups[TOP_ARENAS]);
  regions_read(&r, d, &groups[TOP_ARENAS]);
  classes_read(&r, d, &groups[TOP_CLASSES]);
  ledger_read(&r, d);
  return r;
}

void top_reading_free(struct top_reading *r) {
  for (int by = 0; by < TOP_GROUPS; by++)
    free(r->rows[by].items);
}

struct top_counts top_reading_row(const struct top_reading *r, enum top_by by, uint32_t row) {
  const struct top_rows *rows = &r->rows[by];
  return row < rows->count ? rows->items[row] : (struct top_counts){0};
}

bool top_waste_known(const struct dump *d, enum top_by by) {
  bool tagged = d->process->tags != DUMP_TAG_OFF || d->n_accounts > 0;
  return by == TOP_CLASSES || (waste_known(d) && tagged);
}
