/* Call sites by how long their freed objects lived; contract in report_parts.h.
 *
 *   half  9 in 10           lives  mixed  freed   live  call path, innermost first
 *    <16   <65.5k  83...12.......    yes  ~9000  12288  parse (a.c:12) < main
 *
 * A character of `lives` is a class of lives, each four times as long as the one before.  Rows of
 * which nothing is known are left out; those that mix short and long lives come first.
 */
#include "lives.h"
#include "report_parts.h"
#include "say.h"
#include "session.h"

#include <stdlib.h>

static void lives_row(const struct view *v, const struct row *r, struct table *t,
                      const char *text) {
  char name[UNITS_MAX], bar[DUMP_LIVES + 1];
  const uint32_t *lives = r->sum.lives;
  lives_below(lives, 50, name);
  table_words(t, name);
  lives_below(lives, 89, name);
  table_words(t, name);
  lives_bar(lives, bar);
  table_words(t, bar);
  table_words(t, lives_mix(lives) ? "yes" : "");
  table_number(t, UNIT_COUNT, "~", lives_count(lives));
  table_number(t, UNIT_BYTES, v->estimate, r->sum.live_bytes);
  table_text(t, text);
}

unsigned report_lives_mixed(const struct rows *rows) {
  unsigned mixed = 0;
  for (uint32_t i = 0; i < rows->count; i++)
    mixed += lives_mix(rows->items[i].sum.lives);
  return mixed;
}

/* What the table cannot say: that it has no numbers, or which rows matter. */
static void lives_say(const struct view *v, const struct rows *rows) {
  unsigned mixed = report_lives_mixed(rows);
  if (lives_count(rows->total.sum.lives) == 0)
    view_say(v, "how long objects lived is not known: none was freed, or the dump is of samples or "
                "of an older shim\n");
  else if (mixed > 0)
    view_say(v,
             "mixed: %u call site%s; some objects live 256 times as long as others there,\n"
             "and keep the memory of their short-lived neighbours from being given back\n",
             mixed, mixed == 1 ? "" : "s");
}

static uint32_t rows_take(struct rows *to, uint32_t n, const struct rows *from, bool mixed) {
  for (uint32_t i = 0; i < from->count; i++) {
    const uint32_t *lives = from->items[i].sum.lives;
    if (lives_count(lives) > 0 && lives_mix(lives) == mixed)
      to->items[n++] = from->items[i];
  }
  return n;
}

void report_lives_order(struct rows *rows) {
  struct rows ordered = {.items = must_alloc(rows->count * sizeof *rows->items)};
  uint32_t n = rows_take(&ordered, 0, rows, true);
  rows->count = rows_take(&ordered, n, rows, false);
  free(rows->items);
  rows->items = ordered.items;
}

void report_lives(const struct view *v, const struct session *s) {
  const struct rows *rows = s->rows;
  const char *const titles[] = {
      "half", "9 in 10", "lives", "mixed", "freed", "live", session_row_title(s), NULL};
  static const char *const spare[] = {"freed", "live", NULL};
  size_t shown = view_shown(v, view_rows(v, rows));
  view_say(v, "\nhow long freed objects lived, in allocations of their arena;\n"
              "lives: a digit for 0..3, for 4..15, for 16..63, and so on\n");
  struct table *t = view_table(v, titles, spare);
  for (size_t i = 0; i < shown; i++) {
    char *text = session_row_text(s, &rows->items[i]);
    lives_row(v, &rows->items[i], t, text);
    free(text);
  }
  lives_row(v, &rows->total, t, "total");
  fputc('\n', v->to);
  view_table_end(v, t, shown, rows->count);
  lives_say(v, rows);
}
