/* Rows of call sites, functions and modules; contract in report_parts.h. */
#include "report_parts.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

struct sites {
  const struct view *view;
  const struct session *session;
};

/* Sorted by what no other column shows: its title; else NULL. */
static const char *more_title(enum sort by) {
  return by == SORT_PEAK                  ? "at peak"
         : by == SORT_BYTES               ? "bytes"
         : by == (enum sort)SORT_RESIDENT ? "resident"
                                          : NULL;
}

static void row_numbers(const struct sites *s, const struct row *r, struct table *t, uint64_t peak,
                        const char *mark) {
  const struct view *v = s->view;
  enum sort by = v->options->sort;
  table_number(t, UNIT_BYTES, v->estimate, r->sum.live_bytes);
  table_number(t, UNIT_BYTES, mark, peak);
  table_number(t, UNIT_COUNT, v->estimate, r->sum.allocs);
  if (more_title(by) != NULL)
    table_number(t, UNIT_BYTES, v->estimate, row_added(r, by));
  if (by == (enum sort)SORT_RESIDENT)
    table_number(t, UNIT_BYTES, v->estimate, r->swapped);
  table_percent(t, row_added(r, by), row_added(&s->session->rows->total, by));
  if (r->sum.allocs == 0 || v->dump->mapped)
    table_words(t, "-");
  else
    table_range(t, r->sum.smallest, r->sum.largest);
  if (temporary_known(v->dump))
    table_percent(t, r->sum.temporary, r->sum.allocs);
  else
    table_words(t, "-");
  view_waste(v, t, account_waste(&r->sum));
}

static void total_row(const struct sites *s, struct table *t) {
  const struct dump *d = s->view->dump;
  row_numbers(s, &s->session->rows->total, t, d->process->peak_bytes, dump_peak_mark(d));
  table_text(t, "total");
}

static void path_row(const struct sites *s, const struct row *r, struct table *t) {
  enum sort by = s->view->options->sort;
  char *text = session_row_text(s->session, r);
  row_numbers(s, r, t, r->sum.peak_bytes, row_peak_mark(s->view->dump, r));
  table_heat(t, row_added(r, by), row_added(&s->session->rows->total, by));
  table_text(t, text);
  free(text);
}

static void sites_print(const struct sites *s) {
  const struct view *v = s->view;
  const struct rows *rows = s->session->rows;
  static const char *const order[] = {"temp",   "sizes", "waste", "peak",
                                      "allocs", "share", "live",  NULL};
  const char *what = session_row_title(s->session), *spare[VIEW_SPARE_MAX + 1];
  const char *plain[] = {"live", "peak", "allocs", "share", "sizes", "temp", "waste", what, NULL};
  enum sort by = v->options->sort;
  const char *more[] = {"live",  "peak", "allocs", more_title(by), "share",
                        "sizes", "temp", "waste",  what,           NULL};
  const char *resident[] = {"live",          "peak",  "allocs", more_title(by),
                            "of it swapped", "share", "sizes",  "temp",
                            "waste",         what,    NULL};
  size_t shown = view_shown(v, view_rows(v, rows));
  view_spare(by, order, spare);
  struct table *t = view_table(v,
                               by == (enum sort)SORT_RESIDENT ? resident
                               : more_title(by) != NULL       ? more
                                                              : plain,
                               spare);
  for (size_t i = 0; i < shown; i++)
    path_row(s, &rows->items[i], t);
  total_row(s, t);
  fputc('\n', v->to);
  view_table_end(v, t, shown, rows->count);
}

void report_sites(const struct view *v, const struct session *s) {
  if (s->by != ROW_MODULE)
    view_cuts(v, s->names);
  sites_print(&(struct sites){v, s});
}
