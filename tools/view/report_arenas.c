/* Rows of arenas, regions and size classes; contract in report_parts.h. */
#include "report_parts.h"
#include "say.h"

#include <stdlib.h>

/* An item of the dump and what it is sorted by. */
struct entry {
  uint64_t value, waste;
  uint32_t index;
};

static int entry_compare(const void *a, const void *b) {
  const struct entry *x = a, *y = b;
  if (x->value != y->value)
    return x->value > y->value ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

/* Columns of a table of entries, and those that may be left out. */
struct columns {
  const char *const *titles, *const *spare;
  void (*row)(const struct view *, const struct entry *, struct table *);
};

/* How many of sorted entries are shown: where what hardly matters is left out, none of nothing. */
static size_t entries_shown(const struct view *v, const struct entry *e, size_t count) {
  while (v->is_short && count > 0 && e[count - 1].value == 0)
    count--;
  return view_shown(v, count);
}

/* Prints the largest entries as a table, and frees them. */
static void entries_print(const struct view *v, struct entry *e, uint32_t count,
                          const struct columns *c) {
  uint64_t sum = 0;
  if (count > 0)
    qsort(e, count, sizeof *e, entry_compare);
  for (uint32_t i = 0; i < count; i++)
    sum += e[i].value;
  size_t shown = entries_shown(v, e, count);
  struct table *t = view_table(v, c->titles, c->spare);
  for (size_t i = 0; i < shown; i++) {
    table_heat(t, e[i].value, sum);
    c->row(v, &e[i], t);
  }
  fputc('\n', v->to);
  view_table_end(v, t, shown, count);
  free(e);
}

static uint64_t arena_value(const struct dump_arena *a, uint64_t waste, enum sort by) {
  switch (by) {
  case SORT_LIVE:
    return a->live_bytes;
  case SORT_PEAK:
    return a->peak_bytes;
  case SORT_ALLOCS:
    return a->total_allocs;
  case SORT_BYTES:
    return a->total_size;
  default:
    return waste;
  }
}

static struct entry *arena_entries(const struct view *v) {
  const struct dump *d = v->dump;
  struct entry *e = must_zalloc(d->n_arenas, sizeof *e);
  uint64_t *waste = arenas_waste(d);
  for (uint32_t i = 0; i < d->n_arenas; i++)
    e[i] = (struct entry){.index = i,
                          .waste = waste[i],
                          .value = arena_value(&d->arenas[i], waste[i], v->options->sort)};
  free(waste);
  return e;
}

/* Without call sites nobody knows what an arena's objects asked for. */
static bool has_waste(const struct dump *d) {
  return waste_known(d) && d->has_accounts &&
         (d->n_accounts > 0 || d->process->tags != DUMP_TAG_OFF);
}

static void arena_row(const struct view *v, const struct entry *e, struct table *t) {
  const struct dump_arena *a = &v->dump->arenas[e->index];
  char name[256];
  table_number(t, UNIT_BYTES, a->flags & DUMP_ARENA_RUNNING ? "*" : "", a->live_bytes);
  table_number(t, UNIT_BYTES, a->flags & DUMP_ARENA_PEAK_BOUND ? "<=" : "", a->peak_bytes);
  table_number(t, UNIT_COUNT, "", a->live_objects);
  table_number(t, UNIT_COUNT, "", a->total_allocs);
  table_number(t, UNIT_BYTES, "", a->total_size);
  table_number(t, UNIT_COUNT, "", a->frees);
  table_number(t, UNIT_COUNT, "", a->remote_frees);
  table_number(t, UNIT_COUNT, "", a->total_blocks);
  table_number(t, UNIT_BYTES, "", a->total_block_size);
  table_number(t, UNIT_COUNT, "", a->total_big_blocks);
  if (!has_waste(v->dump))
    table_words(t, "-");
  else
    table_number(t, UNIT_BYTES, "", e->waste);
  snprintf(name, sizeof name, "%u %s (threads: %u)", a->number, dump_text(v->dump, a->name),
           a->threads);
  table_text(t, name);
}

static void arenas_print(const struct view *v) {
  static const char *const titles[] = {"live",  "peak",   "objects", "allocs",     "size",
                                       "frees", "remote", "blocks",  "block_size", "big",
                                       "waste", "arena",  NULL};
  static const char *const spare[] = {"frees",  "block_size", "big",    "remote", "size", "objects",
                                      "blocks", "waste",      "allocs", "peak",   NULL};
  const struct dump *d = v->dump;
  bool running = false;
  for (uint32_t i = 0; i < d->n_arenas; i++)
    running |= (d->arenas[i].flags & DUMP_ARENA_RUNNING) != 0;
  entries_print(v, arena_entries(v), d->n_arenas, &(struct columns){titles, spare, arena_row});
  if (running)
    view_say(v, "* its thread was running: as of its last slow path\n");
}

static uint64_t region_value(const struct dump_region *r, enum sort by) {
  switch (by) {
  case SORT_LIVE:
    return r->used;
  case SORT_PEAK:
    return r->peak;
  case SORT_ALLOCS:
    return r->total_allocs;
  case SORT_BYTES:
    return r->total_size;
  default:
    return r->reserved > r->used ? r->reserved - r->used : 0;
  }
}

static void region_row(const struct view *v, const struct entry *e, struct table *t) {
  const struct dump_region *r = &v->dump->regions[e->index];
  char name[256];
  table_number(t, UNIT_BYTES, "", r->used);
  table_number(t, UNIT_BYTES, "", r->peak);
  table_number(t, UNIT_COUNT, "", r->total_allocs);
  table_number(t, UNIT_BYTES, "", r->total_size);
  table_number(t, UNIT_COUNT, "", r->total_blocks);
  table_number(t, UNIT_BYTES, "", r->total_block_size);
  table_number(t, UNIT_COUNT, "", r->total_big_blocks);
  table_number(t, UNIT_BYTES, "", region_value(r, SORT_WASTE));
  snprintf(name, sizeof name, "%s%s", dump_text(v->dump, r->name),
           r->state == DUMP_REGION_ENDED ? " (ended)" : "");
  table_text(t, name);
}

static void regions_print(const struct view *v) {
  static const char *const titles[] = {"live",       "peak", "allocs", "size",   "blocks",
                                       "block_size", "big",  "waste",  "region", NULL};
  static const char *const spare[] = {"block_size", "big",    "blocks", "size",
                                      "waste",      "allocs", "peak",   NULL};
  const struct dump *d = v->dump;
  struct entry *e = must_zalloc(d->n_regions, sizeof *e);
  for (uint32_t i = 0; i < d->n_regions; i++)
    e[i] = (struct entry){.index = i, .value = region_value(&d->regions[i], v->options->sort)};
  entries_print(v, e, d->n_regions, &(struct columns){titles, spare, region_row});
}

void report_arenas(const struct view *v) {
  arenas_print(v);
  if (v->dump->n_regions > 0)
    regions_print(v);
}

static uint64_t class_value(const struct dump_class *c, uint64_t waste, enum sort by) {
  switch (by) {
  case SORT_ALLOCS:
    return c->allocs;
  case SORT_BYTES:
    return c->allocs * c->cell_bytes;
  case SORT_WASTE:
    return waste;
  default:
    return c->in_use * c->cell_bytes;
  }
}

static void class_row(const struct view *v, const struct entry *e, struct table *t) {
  const struct dump_class *c = &v->dump->classes[e->index];
  char name[UNITS_MAX];
  table_number(t, UNIT_BYTES, "", c->in_use * c->cell_bytes);
  if (classes_tagged(v->dump))
    table_number(t, UNIT_BYTES, "", c->live_bytes);
  else
    table_words(t, "-");
  table_number(t, UNIT_COUNT, "", c->in_use);
  table_number(t, UNIT_COUNT, "", c->free);
  if (v->dump->process->flags & DUMP_OF_RECORD) {
    table_words(t, "-");
    table_words(t, "-");
  } else {
    table_number(t, UNIT_BYTES, "", c->uncarved_bytes);
    table_number(t, UNIT_COUNT, "", c->slabs);
  }
  table_number(t, UNIT_COUNT, "", c->allocs);
  table_number(t, UNIT_COUNT, "", c->frees);
  table_number(t, UNIT_BYTES, classes_tagged(v->dump) ? "" : ">=", e->waste);
  units_name(c->cell_bytes, UNIT_BYTES, v->exact, name);
  table_text(t, name);
}

void report_classes(const struct view *v) {
  static const char *const titles[] = {"live",   "requested", "in use", "free", "uncarved", "slabs",
                                       "allocs", "frees",     "waste",  "cell", NULL};
  static const char *const spare[] = {"frees",  "slabs",  "uncarved",  "free",
                                      "in use", "allocs", "requested", NULL};
  const struct dump *d = v->dump;
  struct entry *e = must_zalloc(d->n_classes, sizeof *e);
  for (uint32_t i = 0; i < d->n_classes; i++) {
    uint64_t waste = class_waste(d, &d->classes[i]);
    e[i] = (struct entry){
        .index = i, .waste = waste, .value = class_value(&d->classes[i], waste, v->options->sort)};
  }
  entries_print(v, e, d->n_classes, &(struct columns){titles, spare, class_row});
}
