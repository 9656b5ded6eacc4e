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

#include <stdlib.h>

/* Rows that live, before those that don't; returns how many. */
static size_t alive_first(struct rows *rows) {
  size_t alive = 0;
  for (uint32_t i = 0; i < rows->count; i++)
    if (rows->items[i].sum.live_objects > 0 || rows->items[i].sum.live_bytes > 0)
      rows->items[alive++] = rows->items[i];
  rows->count = (uint32_t)alive;
  return alive;
}

static void summary_print(const struct view *v, size_t sites) {
  const struct dump_process *p = v->dump->process;
  bool exit = p->reason == DUMP_AT_EXIT;
  lines_fit(exit ? "\nalive at the end, which need not be lost: whether the program could still "
                   "reach it was not looked at\n"
                 : "\na snapshot of a running program: what is alive now, and may be freed later\n",
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
    char *lines = session_row_lines(s, r, FRAME_CALL);
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

static int region_compare(const void *a, const void *b) {
  const struct dump_region *x = *(const struct dump_region *const *)a,
                           *y = *(const struct dump_region *const *)b;
  if (x->used != y->used)
    return x->used > y->used ? -1 : 1;
  return (x > y) - (x < y);
}

/* The regions that were not ended, largest first; to be freed. */
static const struct dump_region **regions_alive(const struct dump *d, size_t *count) {
  const struct dump_region **alive = must_alloc(d->n_regions * sizeof *alive);
  *count = 0;
  for (uint32_t i = 0; i < d->n_regions; i++)
    if (d->regions[i].state == DUMP_REGION_LIVE)
      alive[(*count)++] = &d->regions[i];
  if (*count > 0)
    qsort(alive, *count, sizeof *alive, region_compare);
  return alive;
}

static void regions_print(const struct view *v, const struct session *s,
                          const struct dump_region **alive, size_t count) {
  static const char *const titles[] = {
      "used", "reserved", "allocs", "bytes", "region, and where it was created", NULL};
  struct table *t = table_new(titles, v->width);
  for (size_t i = 0; i < view_shown(v, count); i++) {
    char *lines = session_node_lines(s, dump_text(v->dump, alive[i]->name), alive[i]->node);
    table_number(t, "", alive[i]->used);
    table_number(t, "", alive[i]->reserved);
    table_number(t, "", alive[i]->total_allocs);
    table_number(t, "", alive[i]->total_size);
    table_text(t, lines);
    free(lines);
  }
  fputs("\nregions that were not destroyed\n", v->to);
  table_end(t, v->to);
  view_more(v, count);
}

int leaks_write(const struct view_options *o, const struct dump *d, FILE *to) {
  struct view v = view_of(o, d, to);
  struct session s;
  if (!rows_possible(d, o->file))
    return 2;
  session_open(&s, d, &o->names, false);
  rows_sort(s.rows, SORT_LIVE);
  view_head(&v);
  size_t regions, alive = alive_first(s.rows);
  const struct dump_region **living = regions_alive(d, &regions);
  summary_print(&v, alive);
  if (alive > 0)
    sites_print(&v, &s, alive);
  if (regions > 0)
    regions_print(&v, &s, living, regions);
  free(living);
  session_close(&s);
  return view_end(&v, 0);
}

int leaks_command(int argc, char **argv) {
  static const struct argp parser = {
      NULL,
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
