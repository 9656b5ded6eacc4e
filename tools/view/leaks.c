/* Prints what is alive; contract in leaks.h.
 *
 * Alive is not lost: nothing here looks for pointers to an object, so whether a program could still
 * reach it is not known, and the text says so.
 */
#include "leaks.h"
#include "say.h"
#include "view_options.h"
#include "when.h"

#include <stdlib.h>

/* Leaves out rows of which nothing is alive. */
static void alive_only(struct rows *rows) {
  uint32_t alive = 0;
  for (uint32_t i = 0; i < rows->count; i++)
    if (rows->items[i].sum.live_objects > 0 || rows->items[i].sum.live_bytes > 0)
      rows->items[alive++] = rows->items[i];
  rows->count = alive;
}

static void summary_print(const struct view *v, size_t sites) {
  if (v->detail < DETAIL_ROWS)
    lines_fit(dump_is_snapshot(v->dump)
                  ? "\na snapshot of a running program: what was alive then, and may have been "
                    "freed later\n"
                  : "\nalive at the end; whether the program could still reach it is not known\n",
              v->width, v->to);
  if (sites == 0)
    fputs("nothing\n", v->to);
}

/* Sorted by what no other column shows: its title; else NULL. */
static const char *more_title(enum sort by) {
  return by == SORT_PEAK ? "at peak" : by == SORT_WASTE ? "waste" : NULL;
}

static void site_numbers(const struct view *v, const struct row *r, const struct row *total,
                         struct table *t) {
  enum sort by = v->options->sort;
  table_number(t, UNIT_BYTES, v->estimate, r->sum.live_bytes);
  table_number(t, UNIT_COUNT, v->estimate, r->sum.live_objects);
  if (more_title(by) != NULL)
    table_number(t, UNIT_BYTES, v->estimate, row_added(r, by));
  table_percent(t, row_added(r, by), row_added(total, by));
  table_number(t, UNIT_COUNT, v->estimate, r->sum.allocs);
  table_number(t, UNIT_BYTES, v->estimate, r->sum.bytes);
}

/* A line for each frame; one for all of them where a row is to have one line. */
static char *site_text(const struct view *v, const struct session *s, const struct row *r) {
  return v->is_short || s->by != ROW_PATH ? session_row_text(s, r) : session_row_lines(s, r);
}

static struct table *sites_table(const struct view *v, const struct session *s) {
  const char *path =
      v->dump->mapped ? "mapped by, innermost first" : "allocated by, innermost first";
  const char *what = s->by == ROW_PATH ? path : session_row_title(s);
  const char *const plain[] = {"live", "objects", "share", "allocs", "bytes", what, NULL};
  static const char *const spare[] = {"bytes", "allocs", "objects", "share", NULL};
  static const char *const by_value[] = {"objects", "live", "share", NULL};
  enum sort by = v->options->sort;
  const char *const more[] = {"live",   "objects", more_title(by), "share",
                              "allocs", "bytes",   what,           NULL};
  return view_table(v, more_title(by) != NULL ? more : plain, by == SORT_LIVE ? spare : by_value);
}

static void sites_print(const struct view *v, const struct session *s) {
  enum sort by = v->options->sort;
  size_t shown = view_shown(v, view_rows(v, s->rows));
  struct table *t = sites_table(v, s);
  for (size_t i = 0; i < shown; i++) {
    const struct row *r = &s->rows->items[i];
    char *text = site_text(v, s, r);
    site_numbers(v, r, &s->rows->total, t);
    table_heat(t, row_added(r, by), row_added(&s->rows->total, by));
    table_text(t, text);
    free(text);
  }
  site_numbers(v, &s->rows->total, &s->rows->total, t);
  table_text(t, "total");
  view_table_end(v, t, shown, s->rows->count);
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

/* A region's name, and where it was created: in lines of their own where there may be several. */
static char *region_text(const struct view *v, const struct session *s,
                         const struct dump_region *r) {
  const char *name = dump_text(s->dump, r->name);
  return v->is_short ? must_copy(name) : session_node_lines(s, name, r->node);
}

static void region_row(const struct view *v, const struct session *s, const struct dump_region *r,
                       struct table *t) {
  char *lines = region_text(v, s, r);
  table_number(t, UNIT_BYTES, "", r->used);
  table_number(t, UNIT_BYTES, "", r->reserved);
  table_number(t, UNIT_COUNT, "", r->total_allocs);
  table_number(t, UNIT_BYTES, "", r->total_size);
  table_text(t, lines);
  free(lines);
}

static void regions_print(const struct view *v, const struct session *s) {
  static const char *const titles[] = {
      "used", "reserved", "allocs", "bytes", "region, and where it was created", NULL};
  static const char *const spare[] = {"bytes", "allocs", "reserved", NULL};
  size_t count;
  uint32_t *alive = regions_alive(v->dump, &count);
  size_t shown = view_shown(v, count);
  struct table *t = view_table(v, titles, spare);
  for (size_t i = 0; i < shown; i++)
    region_row(v, s, &v->dump->regions[alive[i]], t);
  fputs("\nregions that were not destroyed\n", v->to);
  view_table_end(v, t, shown, count);
  free(alive);
}

static bool has_regions_alive(const struct dump *d) {
  for (uint32_t i = 0; i < d->n_regions && !d->mapped; i++)
    if (d->regions[i].state == DUMP_REGION_LIVE)
      return true;
  return false;
}

static void leaks_body(const struct view *v, void *arg) {
  const struct session *s = arg;
  view_head(v);
  if (s->by != ROW_MODULE)
    view_cuts(v, s->names);
  summary_print(v, s->rows->count);
  if (s->rows->count > 0)
    sites_print(v, s);
  if (has_regions_alive(v->dump))
    regions_print(v, s);
}

int leaks_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                FILE *to) {
  struct view v = view_of(o, d, to);
  struct session s;
  (void)old;
  if (!rows_possible(d, o->file) || !sort_possible(d, o->file, o->sort))
    return 2;
  view_session(&v, &s);
  alive_only(s.rows);
  rows_sort(s.rows, o->sort);
  int status = view_print(&v, leaks_body, &s, 0);
  session_close(&s);
  return status;
}

static const struct argp_option options[] = {
    OPTION_BY_ROW,
    OPTION_SORT_ROW("Largest first of these (default: live)"),
    OPTION_VALUE_ROW("The same as --sort"),
    OPTION_KIND_ROW,
    OPTION_LINES_ROW,
    {0}};

int leaks_command(int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_view_pass,
      "FILE...",
      "Shows what was alive at the end, by call site, largest first, each with its whole path.\v"
      "Alive is not lost: pointers to it are not looked for. Region arenas are shown apart; what "
      "is in them is not counted by call site. On a terminal a path is one line, unless --all is "
      "given.",
      option_view_children,
      NULL,
      NULL};
  struct view_options o = {.rows = ROWS_THAT_FIT};
  return view_run(&parser, &o, leaks_write, argc, argv);
}
