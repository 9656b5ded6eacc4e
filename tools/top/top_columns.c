/* Columns; contract in top_columns.h. */
#include "top_columns.h"

#include <stdio.h>
#include <string.h>

const char *top_column_title(enum top_column column, enum top_by by) {
  static const char *const titles[] = {"live", "growth/min", "allocs/s", "objects", "waste"};
  static const char *const texts[] = {[TOP_SITES] = "call path, innermost first",
                                      [TOP_ARENAS] = "arena of threads, or region",
                                      [TOP_CLASSES] = "size class"};
  return column < COLUMNS ? titles[column] : texts[by];
}

enum top_column top_column_of(enum top_sort sort) {
  static const enum top_column columns[] = {[TOP_LIVE] = COLUMN_LIVE,
                                            [TOP_GROWTH] = COLUMN_GROWTH,
                                            [TOP_RATE] = COLUMN_RATE,
                                            [TOP_WASTE] = COLUMN_WASTE};
  return columns[sort];
}

/* A number, of call sites with the mark of an estimate: arenas and size classes count all. */
static void number_cell(const struct top_watch *w, enum top_by by, uint64_t value, enum unit unit,
                        bool exact, char cell[TOP_WORDS_MAX]) {
  bool is_estimate = by == TOP_SITES && w->dump->process->sample_bytes > 0;
  char name[UNITS_MAX];
  units_name(value, unit, exact, name);
  snprintf(cell, TOP_WORDS_MAX, "%s%s", is_estimate ? "~" : "", name);
}

static void unknown_cell(char cell[TOP_WORDS_MAX]) { memcpy(cell, "-", sizeof "-"); }

static void rates_cell(const struct top_watch *w, enum top_column column,
                       const struct top_line *line, bool exact, char cell[TOP_WORDS_MAX]) {
  if (!top_model_has_rates(w->model))
    unknown_cell(cell);
  else if (column == COLUMN_GROWTH)
    top_words_change(line->growth, exact, cell);
  else
    top_words_rate(line->rate, exact, cell);
}

void top_column_cell(const struct top_watch *w, enum top_by by, enum top_column column,
                     const struct top_line *line, bool exact, char cell[TOP_WORDS_MAX]) {
  const struct top_counts *now = &line->now;
  if (column == COLUMN_GROWTH || column == COLUMN_RATE)
    rates_cell(w, column, line, exact, cell);
  else if (column == COLUMN_LIVE)
    number_cell(w, by, now->live, UNIT_BYTES, exact, cell);
  else if (column == COLUMN_OBJECTS && top_objects_known(line))
    number_cell(w, by, now->objects, UNIT_COUNT, exact, cell);
  else if (column == COLUMN_WASTE && top_waste_known(w->dump, by))
    number_cell(w, by, now->waste, UNIT_BYTES, exact, cell);
  else
    unknown_cell(cell);
}

bool top_objects_known(const struct top_line *line) {
  return line->now.objects > 0 || line->now.live == 0;
}

uint64_t top_column_value(const struct top_line *line, enum top_sort sort) {
  double value = sort == TOP_GROWTH ? line->growth : sort == TOP_RATE ? line->rate : 0;
  if (sort == TOP_LIVE || sort == TOP_WASTE)
    return sort == TOP_LIVE ? line->now.live : line->now.waste;
  return value > 0 ? (uint64_t)value : 0;
}
