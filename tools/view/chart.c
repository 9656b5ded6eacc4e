/* Draws the time axis; contract in chart.h. */
#include "chart.h"
#include "axis.h"
#include "say.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL = 11 };

struct chart {
  const struct dump *d;
  unsigned columns;
  uint64_t end_ns, most;   /* the two axes */
  uint64_t *live, *mapped; /* by column */
  char *below;             /* what stands below each column: letters, the peak's mark */
  bool boxes;
};

static unsigned column_of(const struct chart *c, uint64_t ns) {
  if (c->end_ns == 0 || ns >= c->end_ns)
    return c->columns - 1;
  return (unsigned)((double)ns / (double)c->end_ns * c->columns);
}

/* Between two moments nothing is known: a line from one to the other. */
static uint64_t between(uint64_t from, uint64_t to, unsigned part, unsigned whole) {
  double step = ((double)to - (double)from) / whole;
  return (uint64_t)((double)from + step * part);
}

static void raise(uint64_t *value, uint64_t to) {
  if (*value < to)
    *value = to;
}

/* The columns after that of moment i - 1, up to that of moment i. */
static void fill(struct chart *c, uint32_t i) {
  static const struct dump_moment start;
  const struct dump_moment *from = i > 0 ? &c->d->moments[i - 1] : &start, *to = &c->d->moments[i];
  unsigned a = column_of(c, from->time_ns), b = column_of(c, to->time_ns);
  for (unsigned k = a + 1; k < b; k++) {
    c->live[k] = between(from->live_bytes, to->live_bytes, k - a, b - a);
    c->mapped[k] = between(from->mapped_bytes, to->mapped_bytes, k - a, b - a);
  }
  raise(&c->live[b], to->live_bytes);
  raise(&c->mapped[b], to->mapped_bytes);
}

static void measure(struct chart *c) {
  for (uint32_t i = 0; i < c->d->n_moments; i++) {
    raise(&c->end_ns, c->d->moments[i].time_ns);
    raise(&c->most, c->d->moments[i].live_bytes);
    raise(&c->most, c->d->moments[i].mapped_bytes);
  }
  for (uint32_t i = 0; i < c->d->n_events; i++)
    raise(&c->end_ns, c->d->events[i].time_ns);
  for (uint32_t i = 0; i < c->d->n_moments; i++)
    fill(c, i);
}

char chart_letter(uint32_t event) {
  static const char letters[CHART_LETTERS + 1] = "abcdefghijklmnopqrstuvwxyz";
  return letters[event < CHART_LETTERS ? event : CHART_LETTERS];
}

static void mark(struct chart *c) {
  memset(c->below, ' ', c->columns);
  for (uint32_t i = 0; i < c->d->n_events && i < CHART_LETTERS; i++)
    c->below[column_of(c, c->d->events[i].time_ns)] = chart_letter(i);
  c->below[column_of(c, c->d->moments[axis_highest(c->d)].time_ns)] = '^';
}

/* ---- rows ---- */

/* Eighths of a row that a value fills in that row, the lowest being 0. */
static unsigned eighths(const struct chart *c, uint64_t value, unsigned row) {
  double all = c->most > 0 ? (double)value / (double)c->most * CHART_ROWS * 8 : 0;
  double here = all - row * 8;
  return here >= 8 ? 8 : here > 0 ? (unsigned)(here + 0.5) : 0;
}

static const char *cell(const struct chart *c, unsigned row, unsigned k) {
  static const char *const boxes[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  unsigned live = eighths(c, c->live[k], row), mapped = eighths(c, c->mapped[k], row);
  if (live > 0 && (c->boxes || live > 3))
    return c->boxes ? boxes[live] : "#";
  if (c->below[k] >= 'a')
    return c->boxes ? "┊" : ":";
  bool top =
      mapped > 0 && (mapped < 8 || row == CHART_ROWS - 1 || eighths(c, c->mapped[k], row + 1) == 0);
  return top ? c->boxes ? "·" : "." : " ";
}

static void row_draw(const struct chart *c, unsigned row, bool exact, FILE *to) {
  char label[UNITS_MAX] = "";
  if (row == CHART_ROWS - 1 || row == CHART_ROWS / 2 - 1)
    units_bytes(c->most / CHART_ROWS * (row + 1), exact, label);
  fprintf(to, "%*s %s", LABEL - 2, label, c->boxes ? "│" : "|");
  for (unsigned k = 0; k < c->columns; k++)
    fputs(cell(c, row, k), to);
  fputc('\n', to);
}

static void foot_draw(const struct chart *c, FILE *to) {
  char end[AXIS_TIME_MAX];
  axis_time(c->end_ns, end);
  fprintf(to, "%*s%s", LABEL - 1, "", c->boxes ? "└" : "+");
  for (unsigned k = 0; k < c->columns; k++)
    fputs(c->boxes ? "─" : "-", to);
  fprintf(to, "\n%*s%.*s\n", LABEL, "", (int)c->columns, c->below);
  fprintf(to, "%*s0%*s\n", LABEL, "", (int)c->columns - 1, end);
}

void chart_draw(const struct dump *d, unsigned width, bool exact, FILE *to) {
  struct chart c = {.d = d,
                    .columns = (width < CHART_LEAST ? CHART_LEAST : width) - LABEL,
                    .boxes = table_boxes(width)};
  c.live = must_zalloc(c.columns, sizeof *c.live);
  c.mapped = must_zalloc(c.columns, sizeof *c.mapped);
  c.below = must_zalloc(c.columns + 1, 1);
  measure(&c);
  mark(&c);
  for (unsigned row = CHART_ROWS; row-- > 0;)
    row_draw(&c, row, exact, to);
  foot_draw(&c, to);
  free(c.live);
  free(c.mapped);
  free(c.below);
}
