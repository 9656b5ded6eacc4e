/* `top --once`: one screen as text; contract in top_options.h. */
#include "say.h"
#include "table.h"
#include "text.h"
#include "top_columns.h"
#include "top_head.h"
#include "top_options.h"

#include <stdlib.h>
#include <time.h>

/* The second reading, unless the target has ended. */
static void interval_wait(const struct top_options *o, struct top_watch *w) {
  struct timespec t = {(time_t)(o->interval_ns / 1000000000u),
                       (long)(o->interval_ns % 1000000000u)};
  if (w->over)
    return;
  nanosleep(&t, NULL);
  top_watch_tick(w);
}

static void row_print(const struct top_watch *w, enum top_by by, const struct top_line *line,
                      bool exact, struct table *t) {
  for (int i = 0; i < COLUMNS; i++) {
    char words[TOP_WORDS_MAX];
    top_column_cell(w, by, (enum top_column)i, line, exact, words);
    table_words(t, words);
  }
  char *text = top_group_line(top_model_group(w->model, by), line->row);
  table_text(t, text);
  free(text);
}

static void rows_print(const struct top_options *o, const struct top_watch *w, enum top_by by,
                       unsigned width) {
  static const char *const spare[] = {"objects", "waste", "allocs/s", "growth/min", NULL};
  const char *titles[COLUMNS + 2] = {0};
  struct top_lines lines = top_model_lines(w->model, by, o->sort, NULL);
  uint32_t shown = o->rows > 0 && o->rows < lines.count ? (uint32_t)o->rows : lines.count;
  for (int i = 0; i <= COLUMNS; i++)
    titles[i] = top_column_title((enum top_column)i, by);
  struct table *t = table_new(titles, width);
  if (o->sort == TOP_LIVE)
    table_spare(t, spare);
  for (uint32_t i = 0; i < shown; i++)
    row_print(w, by, &lines.items[i], width == 0, t);
  table_end(t, stdout);
  if (shown < lines.count)
    printf("%u more rows: -n 0 shows all\n", lines.count - shown);
  free(lines.items);
}

int top_once_run(const struct top_options *o, struct top_watch *w) {
  enum { PIPE_WIDTH = 100 };
  unsigned width = table_width(stdout);
  interval_wait(o, w);
  enum top_by by = top_options_by(o, w->dump);
  char *head = top_head(w, width > 0 ? width : PIPE_WIDTH, width == 0);
  printf("%s\n", head);
  free(head);
  rows_print(o, w, by, width);
  if (fflush(stdout) == 0 && !ferror(stdout))
    return 0;
  say_error("top: the screen could not be written: check where its output goes");
  return 2;
}
