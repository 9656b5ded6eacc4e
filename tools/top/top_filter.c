/* Finds rows by a text; contract in top_filter.h. */
#include "top_filter.h"
#include "fit.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static bool contains(const struct top_group *g, uint32_t row, const char *text) {
  struct text plain;
  char *line = top_group_line(g, row);
  FILE *to = text_start(&plain);
  fit_print(line, strlen(line), 0, to); /* without the marks */
  bool found = strcasestr(text_end(to, &plain), text) != NULL;
  free(plain.at);
  free(line);
  return found;
}

/* No row was searched for it yet. */
static void filter_restart(struct top_filter *f, const struct top_group *g, const char *text) {
  free(f->text);
  f->text = must_copy(text);
  f->group = g;
  f->count = 0;
}

const bool *top_filter_rows(struct top_filter *f, const struct top_group *g, const char *text) {
  if (text == NULL || *text == '\0')
    return NULL;
  if (f->group != g || strcmp(f->text, text) != 0)
    filter_restart(f, g, text);
  if (g->count > f->room) {
    f->shown = must_extend(f->shown, f->room, g->room, sizeof *f->shown);
    f->room = g->room;
  }
  for (uint32_t row = 0; row < g->count; row++)
    if (row >= f->count || g->texts[row] != NULL) /* new, or one whose text may have changed */
      f->shown[row] = contains(g, row, text);
  f->count = g->count;
  return f->shown;
}

void top_filter_free(struct top_filter *f) {
  free(f->text);
  free(f->shown);
  *f = (struct top_filter){0};
}
