/* Prints what is alive; contract in leaks.h.
 *
 * Alive is not lost: nothing here looks for pointers to an object, so whether a program could still
 * reach it is not known, and the text says so.
 */
#include "leaks.h"
#include "say.h"
#include "session.h"
#include "table.h"
#include "view_options.h"
#include "when.h"

#include <stdlib.h>

/* Leaves out rows of which nothing is alive; returns how many are left. */
static size_t alive_only(struct rows *rows) {
  size_t alive = 0;
  for (uint32_t i = 0; i < rows->count; i++)
    if (rows->items[i].sum.live_objects > 0 || rows->items[i].sum.live_bytes > 0)
      rows->items[alive++] = rows->items[i];
  rows->count = (uint32_t)alive;
  return alive;
}

static void summary_print(const struct view *v, size_t sites) {
  lines_fit(dump_is_snapshot(v->dump)
                ? "\na snapshot of a running program: what was alive then, and may have been freed "
                  "later\n"
                : "\nalive at the end; whether the program could still reach it is not known\n",
            v->width, v->to);
  if (sites == 0)
    fputs("nothing\n", v->to);
}

static void site_numbers(const struct view *v, const struct row *r, const struct row *total,
                         struct table *t) {
  table_number(t, v->estimate, r->sum.live_bytes);
  table_number(t, v->estimate, r->sum.live_objects);
  table_percent(t, r->sum.live_bytes, total->sum.live_bytes);
  table_number(t, v->estimate, r->sum.allocs);
  table_number(t, v->estimate, r->sum.bytes);
}

static void sites_print(const struct view *v, const struct session *s, size_t alive) {
  static const char *const titles[] = {
      "live", "objects", "share", "allocs", "bytes", "allocated by, innermost first", NULL};
  struct table *t = table_new(titles, v->width);
  for (size_t i = 0; i < view_shown(v, alive); i++) {
    const struct row *r = &s->rows->items[i];
    char *lines = session_row_lines(s, r);
    site_numbers(v, r, &s->rows->total, t);
    table_heat(t, r->sum.live_bytes, s->rows->total.sum.live_bytes);
    table_text(t, lines);
    free(lines);
  }
  site_numbers(v, &s->rows->total, &s->rows->total, t);
  table_text(t, "total");
  table_end(t, v->to);
  view_more(v, alive);
}

static int region_compare(const void *a, const void *b, void *regions) {
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  const struct dump_region *all = regions;
  if (all[i].used != all[j].used)
    return all[i].used > all[j].used ? -1 : 1;
  return (i > j) - (i < j);
}

/* The regions that were not ended, largest first, as indices; to be freed. */
static uint32_t *regions_alive(const struct dump *d, size_t *count) {
  uint32_t *alive = must_alloc(d->n_regions * sizeof *alive);
  *count = 0;
  for (uint32_t i = 0; i < d->n_regions; i++)
    if (d->regions[i].state == DUMP_REGION_LIVE)
      alive[(*count)++] = i;
  if (*count > 0)
    qsort_r(alive, *count, sizeof *alive, region_compare, d->regions);
  return alive;
}

static void region_row(const struct session *s, const struct dump_region *r, struct table *t) {
  char *lines = session_node_lines(s, dump_text(s->dump, r->name), r->node);
  table_number(t, "", r->used);
  table_number(t, "", r->reserved);
  table_number(t, "", r->total_allocs);
  table_number(t, "", r->total_size);
  table_text(t, lines);
  free(lines);
}

static void regions_print(const struct view *v, const struct session *s) {
  static const char *const titles[] = {
      "used", "reserved", "allocs", "bytes", "region, and where it was created", NULL};
  size_t count;
  uint32_t *alive = regions_alive(v->dump, &count);
  struct table *t = table_new(titles, v->width);
  for (size_t i = 0; i < view_shown(v, count); i++)
    region_row(s, &v->dump->regions[alive[i]], t);
  fputs("\nregions that were not destroyed\n", v->to);
  table_end(t, v->to);
  view_more(v, count);
  free(alive);
}

static bool has_regions_alive(const struct dump *d) {
  for (uint32_t i = 0; i < d->n_regions; i++)
    if (d->regions[i].state == DUMP_REGION_LIVE)
      return true;
  return false;
}

int leaks_write(const struct view_options *o, const struct dump *d, FILE *to) {
  struct view v = view_of(o, d, to);
  struct session s;
  if (!rows_possible(d, o->file))
    return 2;
  session_open(&s, d, &o->names, ROW_PATH);
  rows_sort(s.rows, SORT_LIVE);
  size_t alive = alive_only(s.rows);
  view_head(&v);
  view_cuts(&v, s.names);
  summary_print(&v, alive);
  if (alive > 0)
    sites_print(&v, &s, alive);
  if (has_regions_alive(d))
    regions_print(&v, &s);
  session_close(&s);
  return view_end(&v, 0);
}

static const struct argp_option options[] = {OPTION_LINES_ROW, {0}};

int leaks_command(int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_view_pass,
      "FILE",
      "Shows what was alive at the end, by call site, largest first, each with its whole path.\v"
      "Alive is not lost: pointers to it are not looked for. Region arenas are shown apart; what "
      "is in them is not counted by call site.",
      option_view_children,
      NULL,
      NULL};
  struct view_options o = {.rows = 10};
  return view_run(&parser, &o, leaks_write, argc, argv);
}
