/* Panels; contract in top_panel.h. */
#include "top_panel.h"
#include "fit.h"
#include "say.h"
#include "text.h"
#include "top_columns.h"

#include <string.h>

static void figures_print(const struct top_watch *w, const struct top_view *v, FILE *to) {
  struct top_line line = top_model_line(w->model, v->by, v->selected);
  for (int i = 0; i < COLUMNS; i++) {
    char words[TOP_WORDS_MAX];
    top_column_cell(w, v->by, (enum top_column)i, &line, false, words);
    fprintf(to, "%s%s %s", i > 0 ? "  " : "", top_column_title((enum top_column)i, v->by), words);
  }
}

char *top_panel_path(const struct top_watch *w, const struct top_view *v) {
  struct text text;
  FILE *to = text_start(&text);
  figures_print(w, v, to);
  fprintf(to, "\n\n%s\n", top_group_text(top_model_group(w->model, v->by), v->selected));
  return text_end(to, &text);
}

char *top_panel_help(void) {
  return must_copy("l g r w  sort by live, growth, rate of allocations, waste\n"
                   "s a c    rows are call sites, arenas, size classes\n"
                   "/        show rows that contain a text; escape: all\n"
                   "enter    the whole path of the selected row\n"
                   "space    freeze what is shown, and go on\n"
                   "up down page-up page-down home end, j k  select\n"
                   "h ?      this help\n"
                   "q        quit\n"
                   "\n"
                   "growth/min is the change of live bytes over the last minute,\n"
                   "allocs/s the allocations since the reading before\n");
}

/* Whether a character starts there that fills a column. */
static bool is_column(char c) {
  return ((unsigned char)c & 0xC0) != 0x80 && (c < *FIT_NAME || c > *FIT_END);
}

char *top_panel_wrap(const char *text, unsigned width) {
  struct text wrapped;
  FILE *to = text_start(&wrapped);
  unsigned at = 0;
  for (; *text != '\0'; text++) {
    if (*text == '\n')
      at = 0;
    else if (is_column(*text) && at++ == width && width > 0) {
      fputc('\n', to);
      at = 1;
    }
    if (*text < *FIT_NAME || *text > *FIT_END)
      fputc(*text, to);
  }
  return text_end(to, &wrapped);
}
