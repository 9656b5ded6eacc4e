/* Prints waste by call site and in all; contract in waste.h.
 *
 *   of call sites  rounding, to cells or by jemalloc + free cells that live objects pin
 *   of classes     rounding to cells + all free cells + tails     (`report --by class`)
 */
#include "waste.h"
#include "report_parts.h"
#include "say.h"
#include "view_options.h"

#include <stdlib.h>

/* Sorted by what no other column shows: its title; else NULL. */
static const char *more_title(enum sort by) {
  return by == SORT_PEAK     ? "at peak"
         : by == SORT_ALLOCS ? "allocs"
         : by == SORT_BYTES  ? "bytes"
                             : NULL;
}

static void site_numbers(const struct view *v, const struct row *r, const struct row *total,
                         struct table *t) {
  enum sort by = v->options->sort;
  table_number(t, UNIT_BYTES, "", account_waste(&r->sum));
  table_percent(t, account_waste(&r->sum), account_waste(&total->sum));
  table_number(t, UNIT_BYTES, "", account_rounding(&r->sum));
  if (pinned_known(v->dump))
    table_number(t, UNIT_BYTES, "", r->sum.pinned_bytes);
  else
    table_words(t, "-");
  if (more_title(by) != NULL)
    table_number(t, sort_unit(by), "", row_added(r, by));
  table_number(t, UNIT_BYTES, "", r->sum.live_bytes);
  table_number(t, UNIT_COUNT, "", r->sum.live_objects);
}

/* Leaves out rows that waste nothing. */
static void wasteful_only(struct rows *rows) {
  uint32_t wasteful = 0;
  for (uint32_t i = 0; i < rows->count; i++)
    if (account_waste(&rows->items[i].sum) > 0)
      rows->items[wasteful++] = rows->items[i];
  rows->count = wasteful;
}

static struct table *sites_table(const struct view *v, const struct session *s) {
  const char *what = session_row_title(s);
  const char *const plain[] = {"waste", "share",   "rounding", "pinned",
                               "live",  "objects", what,       NULL};
  static const char *const spare[] = {"objects", "rounding", "pinned", "live", "share", NULL};
  static const char *const by_live[] = {"objects", "rounding", "pinned", "share", NULL};
  enum sort by = v->options->sort;
  const char *const more[] = {"waste", "share",   "rounding", "pinned", more_title(by),
                              "live",  "objects", what,       NULL};
  return view_table(v, more_title(by) != NULL ? more : plain, by == SORT_LIVE ? by_live : spare);
}

static void sites_print(const struct view *v, const struct session *s) {
  const struct row *total = &s->rows->total;
  enum sort by = v->options->sort;
  size_t shown = view_shown(v, view_rows(v, s->rows));
  struct table *t = sites_table(v, s);
  for (size_t i = 0; i < shown; i++) {
    const struct row *r = &s->rows->items[i];
    char *text = session_row_text(s, r);
    site_numbers(v, r, total, t);
    table_heat(t, row_added(r, by), row_added(total, by));
    table_text(t, text);
    free(text);
  }
  site_numbers(v, total, total, t);
  table_text(t, "total");
  fputc('\n', v->to);
  view_table_end(v, t, shown, s->rows->count);
}

/* What all size classes have of each kind. */
struct classes {
  uint64_t rounding, free, tails, waste, uncarved;
};

static struct classes classes_sum(const struct dump *d) {
  struct classes sum = {0};
  for (uint32_t i = 0; i < d->n_classes; i++) {
    const struct dump_class *c = &d->classes[i];
    sum.rounding += class_rounding(d, c);
    sum.free += c->free * c->cell_bytes;
    sum.tails += c->tail_bytes;
    sum.waste += class_waste(d, c);
    sum.uncarved += c->uncarved_bytes;
  }
  return sum;
}

static uint64_t less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

static void line_add(struct table *t, const char *mark, uint64_t bytes, const char *what) {
  table_number(t, UNIT_BYTES, mark, bytes);
  table_text(t, what);
}

/* An estimate less an exact number would be neither: rounding is then one number. */
static void rounding_print(const struct view *v, uint64_t all, uint64_t cells, struct table *t) {
  if (!pinned_known(v->dump) || !v->dump->has_classes) {
    line_add(t, v->estimate, all, "rounding, to cells and by jemalloc");
    return;
  }
  line_add(t, "", cells, "rounding to cells");
  line_add(t, "", less(all, cells), "rounding by jemalloc");
}

/* With samples, and of a record, nobody knows which free cells are pinned. */
static void free_print(const struct view *v, const struct dump_account *all,
                       const struct classes *c, struct table *t) {
  bool known = pinned_known(v->dump);
  if (known) {
    line_add(t, "", all->pinned_bytes, "free cells that live objects pin");
    line_add(t, "", account_waste(all), "sum of these: all call sites");
  }
  if (v->dump->has_classes && known)
    line_add(t, "", less(c->free, all->pinned_bytes), "free cells that nobody pins");
  else if (v->dump->has_classes)
    line_add(t, "", c->free, "free cells of all size classes, pinned or not");
}

static void sums_print(const struct view *v, const struct dump_account *all) {
  static const char *const titles[] = {"bytes", "of what", NULL};
  struct classes c = classes_sum(v->dump);
  struct table *t = view_table(v, titles, NULL);
  rounding_print(v, account_rounding(all), c.rounding, t);
  free_print(v, all, &c, t);
  if (v->dump->has_classes && !(v->dump->process->flags & DUMP_OF_RECORD)) {
    line_add(t, "", c.tails, "tails of slabs, too short for a cell");
    if (waste_known(v->dump))
      line_add(t, "", c.waste, "all size classes: rounding to cells, free cells and tails");
    line_add(t, "", c.uncarved, "not waste: parts of slabs that were never touched");
  }
  fputc('\n', v->to);
  table_end(t, v->to);
}

/* Rounding is estimated, and size classes are counted exactly; who pins is what is missing. */
static void sampled_print(const struct view *v, const struct dump_account *all) {
  struct view_options o = *v->options;
  struct view classes = *v;
  lines_fit(
      "\nto see waste by call site, run the program without ARENASHIM_SAMPLE; what is known:\n",
      v->width, v->to);
  sums_print(v, all);
  o.sort = SORT_WASTE;
  classes.options = &o;
  if (v->dump->n_classes > 0)
    report_classes(&classes);
}

/* Who keeps free cells from being given back. */
static void mixed_print(const struct view *v, const struct rows *rows) {
  unsigned mixed = report_lives_mixed(rows);
  if (mixed > 0)
    view_say(v,
             "%u call site%s mix%s short and long lives; report --by lifetime shows which, and how "
             "long objects live\n",
             mixed, mixed == 1 ? "" : "s", mixed == 1 ? "es" : "");
}

static void waste_body(const struct view *v, void *arg) {
  const struct session *s = arg;
  view_head(v);
  if (!waste_known(v->dump)) {
    sampled_print(v, &s->rows->total.sum);
    return;
  }
  if (!pinned_known(v->dump))
    lines_fit("\nwaste is rounding alone: a record does not have what free cells are pinned\n",
              v->width, v->to);
  sites_print(v, s);
  if (v->detail >= DETAIL_ROWS)
    return;
  sums_print(v, &s->rows->total.sum);
  mixed_print(v, s->rows);
}

int waste_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                FILE *to) {
  struct view v = view_of(o, d, to);
  struct session s;
  (void)old;
  if (!rows_possible(d, o->file))
    return 2;
  view_session(&v, &s);
  wasteful_only(s.rows);
  rows_sort(s.rows, o->sort);
  int status = view_print(&v, waste_body, &s, 0);
  session_close(&s);
  return status;
}

static const struct argp_option options[] = {
    OPTION_BY_ROW,
    OPTION_SORT_ROW("Largest first of these (default: waste)"),
    OPTION_VALUE_ROW("The same as --sort"),
    OPTION_LINES_ROW,
    {0}};

int waste_command(int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_view_pass,
      "FILE...",
      "Shows what live objects cost beyond their bytes, by call site: rounding, and the free cells "
      "of slabs that they keep from being given back (pinned).\vBelow it the same for all, beside "
      "what no call site can be charged with. Of rounding 4095 bytes an object count at most: the "
      "pages behind the one where its request ends were not touched. Of a sampled dump waste by "
      "call site is not known, of a record it is rounding alone.",
      option_view_children,
      NULL,
      NULL};
  struct view_options o = {.rows = ROWS_THAT_FIT, .sort = SORT_WASTE};
  return view_run(&parser, &o, waste_write, argc, argv);
}
