/* Readings one after the other; contract in top_model.h. */
#include "top_model.h"
#include "say.h"
#include "top_filter.h"
#include "top_marks.h"
#include "top_sites.h"

#include <stdlib.h>

struct top_model {
  bool at_once;
  struct top_group groups[TOP_GROUPS];
  struct top_sites sites;
  struct top_filter filter;
  struct top_marks marks;
  unsigned readings; /* 0, 1, or 2 for more */
  struct top_reading before, now;
  uint32_t pid; /* of the process that they are of */
  uint64_t start_ns;
};

static void rows_start(struct top_model *m, const struct option_names *names) {
  m->sites = top_sites_new(names);
  for (int by = 0; by < TOP_GROUPS; by++)
    m->groups[by] = top_group_new();
}

static void rows_end(struct top_model *m) {
  top_sites_free(&m->sites);
  top_filter_free(&m->filter);
  top_marks_free(&m->marks);
  for (int by = 0; by < TOP_GROUPS; by++)
    top_group_free(&m->groups[by]);
  top_reading_free(&m->before);
  top_reading_free(&m->now);
}

struct top_model *top_model_new(const struct option_names *names, bool at_once) {
  struct top_model *m = must_zalloc(1, sizeof *m);
  m->at_once = at_once;
  rows_start(m, names);
  return m;
}

void top_model_free(struct top_model *m) {
  rows_end(m);
  free(m);
}

/* A process that was never asked for its id has 0 in its books, until it is. */
static bool is_same_process(const struct top_model *m, const struct dump *d) {
  bool is_same_pid = d->process->pid == m->pid || m->pid == 0 || d->process->pid == 0;
  return m->readings == 0 ||
         (is_same_pid && d->process->start_ns == m->start_ns && top_sites_fit(&m->sites, d));
}

static void model_restart(struct top_model *m) {
  bool at_once = m->at_once;
  const struct option_names *names = m->sites.names;
  rows_end(m);
  *m = (struct top_model){.at_once = at_once};
  rows_start(m, names);
}

/* What row 0 says of call sites that wait for their names. */
static void waiting_show(struct top_model *m) {
  char words[80];
  snprintf(words, sizeof words, "(%u new call site%s, named soon)", m->sites.waiting,
           m->sites.waiting == 1 ? "" : "s");
  top_group_show(&m->groups[TOP_SITES], 0, words);
}

bool top_model_add(struct top_model *m, const struct dump *d, uint64_t ns) {
  if (!is_same_process(m, d))
    model_restart(m);
  if (m->readings > 0 && ns <= m->now.ns)
    return false;
  top_sites_update(&m->sites, &m->groups[TOP_SITES], d, ns, m->at_once);
  waiting_show(m);
  top_reading_free(&m->before);
  m->before = m->now;
  m->now = top_reading_new(d, ns, m->groups, &m->sites);
  m->pid = d->process->pid;
  m->start_ns = d->process->start_ns;
  m->readings += m->readings < 2;
  top_marks_add(&m->marks, &m->now);
  return true;
}

const struct top_reading *top_model_now(const struct top_model *m) { return &m->now; }
bool top_model_has_rates(const struct top_model *m) { return m->readings > 1; }

double top_model_rate_seconds(const struct top_model *m) {
  return m->readings > 1 ? (double)(m->now.ns - m->before.ns) / 1e9 : 0;
}

double top_model_growth_seconds(const struct top_model *m) {
  return m->readings > 1 ? (double)(m->now.ns - top_marks_base(&m->marks)->ns) / 1e9 : 0;
}

static double rate(const struct top_model *m, uint64_t before, uint64_t now) {
  if (m->readings < 2)
    return 0;
  return (double)(now >= before ? now - before : now) / top_model_rate_seconds(m);
}

static double growth(const struct top_model *m, uint64_t then, uint64_t now) {
  if (m->readings < 2)
    return 0;
  return ((double)now - (double)then) * 60 / top_model_growth_seconds(m);
}

struct top_line top_model_all(const struct top_model *m) {
  uint64_t then = m->readings > 1 ? top_marks_base(&m->marks)->live : 0;
  return (struct top_line){.now = m->now.all,
                           .growth = growth(m, then, m->now.all.live),
                           .rate = rate(m, m->before.all.allocs, m->now.all.allocs)};
}

struct top_line top_model_line(const struct top_model *m, enum top_by by, uint32_t row) {
  struct top_counts now = top_reading_row(&m->now, by, row);
  struct top_counts before = top_reading_row(&m->before, by, row);
  uint64_t then = m->readings > 1 ? top_marks_row(top_marks_base(&m->marks), by, row) : 0;
  return (struct top_line){.row = row,
                           .now = now,
                           .growth = growth(m, then, now.live),
                           .rate = rate(m, before.allocs, now.allocs)};
}

static double line_value(const struct top_line *l, enum top_sort sort) {
  switch (sort) {
  case TOP_GROWTH:
    return l->growth;
  case TOP_RATE:
    return l->rate;
  case TOP_WASTE:
    return (double)l->now.waste;
  default:
    return (double)l->now.live;
  }
}

/* Equal ones by live bytes, then by number, so that rows stay where they are. */
static int line_compare(const void *a, const void *b, void *sort) {
  const struct top_line *x = a, *y = b;
  double p = line_value(x, *(enum top_sort *)sort), q = line_value(y, *(enum top_sort *)sort);
  if (p != q)
    return p > q ? -1 : 1;
  if (x->now.live != y->now.live)
    return x->now.live > y->now.live ? -1 : 1;
  return (x->row > y->row) - (x->row < y->row);
}

struct top_lines top_model_lines(struct top_model *m, enum top_by by, enum top_sort sort,
                                 const char *filter) {
  struct top_group *g = &m->groups[by];
  struct top_lines lines = {.items = must_alloc((g->count + 1) * sizeof *lines.items)};
  const bool *shown = top_filter_rows(&m->filter, g, filter);
  for (uint32_t row = 0; row < g->count; row++) {
    struct top_line l = top_model_line(m, by, row);
    bool is_empty = l.now.allocs == 0 && l.now.live == 0;
    if (!is_empty && (shown == NULL || shown[row]))
      lines.items[lines.count++] = l;
  }
  qsort_r(lines.items, lines.count, sizeof *lines.items, line_compare, &sort);
  return lines;
}

const struct top_group *top_model_group(const struct top_model *m, enum top_by by) {
  return &m->groups[by];
}
