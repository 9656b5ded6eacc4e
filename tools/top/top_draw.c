/* Lays the window out and draws it; contract in top_draw.h. */
#include "top_draw.h"
#include "fit.h"
#include "heat.h"
#include "say.h"
#include "text.h"
#include "top_columns.h"
#include "top_head.h"
#include "top_panel.h"

#include <ctype.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { CELL = 10, GAP = 2, ROWS_MIN = 3 };

/* A window being drawn: the lines of its parts. */
struct window {
  const struct top_watch *watch;
  struct top_view *view;
  unsigned width, height;
  unsigned head, rows; /* lines of the head; of the rows, or a panel */
  unsigned x;          /* where texts start */
  bool shown[COLUMNS];
};

/* Puts a text there, as far as the line goes; its bytes are of UTF-8, printable (utf8.h). */
static void text_put(unsigned y, unsigned x, const char *text, unsigned width) {
  wchar_t line[512];
  unsigned n = 0, columns = 0;
  mbstate_t state = {0};
  while (*text != '\0' && n < sizeof line / sizeof *line) {
    size_t bytes = mbrtowc(&line[n], text, MB_CUR_MAX, &state);
    if (bytes == 0 || bytes > MB_CUR_MAX || wcwidth(line[n]) < 0) {
      state = (mbstate_t){0};
      line[n] = L'?';
      bytes = 1;
      while (((unsigned char)text[bytes] & 0xC0) == 0x80)
        bytes++;
    }
    columns += (unsigned)wcwidth(line[n]);
    if (x + columns > width)
      break;
    n++;
    text += bytes;
  }
  mvaddnwstr((int)y, (int)x, line, (int)n);
}

/* The same, cut as fit.h has it. */
static void fitted_put(unsigned y, unsigned x, const char *text, unsigned width) {
  struct text fitted;
  if (x >= width)
    return;
  FILE *to = text_start(&fitted);
  fit_print(text, strlen(text), width - x, to);
  text_put(y, x, text_end(to, &fitted), width);
  free(fitted.at);
}

static unsigned lines_count(const char *text) {
  unsigned lines = 0;
  for (; *text != '\0'; text++)
    lines += *text == '\n';
  return lines;
}

/* Lines of a text from `first` on, at most `room`, from the window's line y on. */
static void lines_put(const struct window *win, unsigned y, const char *text, unsigned first,
                      unsigned room) {
  for (unsigned i = 0; *text != '\0' && i < first + room; i++) {
    size_t length = strcspn(text, "\n");
    char *line = must_print("%.*s", (int)length, text);
    if (i >= first)
      fitted_put(y + i - first, 0, line, win->width);
    free(line);
    text += length + (text[length] == '\n');
  }
}

/* Columns are left out until the text has two fifths of the width; the sorted one stays. */
static void columns_choose(struct window *win) {
  static const enum top_column spare[] = {COLUMN_OBJECTS, COLUMN_WASTE, COLUMN_RATE, COLUMN_GROWTH,
                                          COLUMN_LIVE};
  for (int i = 0; i < COLUMNS; i++)
    win->shown[i] = true;
  unsigned used = COLUMNS * (CELL + 1);
  for (size_t i = 0; i < sizeof spare / sizeof *spare; i++) {
    if (used + GAP + win->width * 2 / 5 <= win->width || spare[i] == top_column_of(win->view->sort))
      continue;
    win->shown[spare[i]] = false;
    used -= CELL + 1;
  }
  win->x = used + GAP;
}

/* The sorted column's title stands in capitals: a terminal may have no colours. */
static void titles_draw(const struct window *win, unsigned y) {
  const struct top_view *v = win->view;
  unsigned x = 0;
  attron(A_BOLD);
  for (int i = 0; i < COLUMNS; i++) {
    char title[32], cell[40];
    if (!win->shown[i])
      continue;
    snprintf(title, sizeof title, "%s", top_column_title((enum top_column)i, v->by));
    for (char *c = title; *c != '\0' && i == (int)top_column_of(v->sort); c++)
      *c = (char)toupper((unsigned char)*c);
    snprintf(cell, sizeof cell, "%*s", CELL + 1, title);
    text_put(y, x, cell, win->width);
    x += CELL + 1;
  }
  bool filtered = *v->filter != '\0';
  char *text = must_print("%s%s%s%s%s", v->is_frozen ? "FROZEN  " : "", filtered ? "\"" : "",
                          v->filter, filtered ? "\" in: " : "", top_column_title(COLUMNS, v->by));
  fitted_put(y, win->x, text, win->width);
  free(text);
  attroff(A_BOLD);
}

static attr_t heat_attributes(enum heat heat) {
  if (!has_colors() || !heat_wanted(1))
    return A_NORMAL;
  return heat == HEAT_HOT    ? A_BOLD | (attr_t)COLOR_PAIR(TOP_PAIR_HOT)
         : heat == HEAT_WARM ? (attr_t)COLOR_PAIR(TOP_PAIR_WARM)
                             : A_NORMAL;
}

static void row_draw(const struct window *win, unsigned y, const struct top_line *line) {
  const struct top_view *v = win->view;
  unsigned x = 0;
  for (int i = 0; i < COLUMNS; i++) {
    char words[TOP_WORDS_MAX], cell[TOP_WORDS_MAX + CELL];
    if (!win->shown[i])
      continue;
    top_column_cell(win->watch, v->by, (enum top_column)i, line, false, words);
    snprintf(cell, sizeof cell, "%*s", CELL + 1, words);
    text_put(y, x, cell, win->width);
    x += CELL + 1;
  }
  char *text = top_group_line(top_model_group(win->watch->model, v->by), line->row);
  fitted_put(y, win->x, text, win->width);
  free(text);
}

static uint64_t values_sum(const struct top_view *v) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < v->lines.count; i++)
    sum += top_column_value(&v->lines.items[i], v->sort);
  return sum;
}

/* Scrolls so that the selected line is in the window, and no more is empty than must be. */
static void rows_scroll(const struct window *win, uint32_t selected) {
  struct top_view *v = win->view;
  uint32_t most = v->lines.count > win->rows ? v->lines.count - win->rows : 0;
  if (selected < v->first)
    v->first = selected;
  if (selected >= v->first + win->rows)
    v->first = selected - win->rows + 1;
  if (v->first > most)
    v->first = most;
}

static void rows_draw(const struct window *win, unsigned y) {
  struct top_view *v = win->view;
  uint32_t selected = top_view_selected(v);
  uint64_t sum = values_sum(v);
  rows_scroll(win, selected);
  for (uint32_t i = 0; i < win->rows && v->first + i < v->lines.count; i++) {
    const struct top_line *line = &v->lines.items[v->first + i];
    attr_t attributes = heat_attributes(heat_of(top_column_value(line, v->sort), sum));
    if (v->first + i == selected && v->has_chosen)
      attributes |= A_REVERSE;
    attrset((int)attributes);
    row_draw(win, y + i, line);
    attrset(A_NORMAL);
  }
  if (v->lines.count == 0)
    fitted_put(y, 0, *v->filter != '\0' ? "nothing has this text" : "nothing was allocated yet",
               win->width);
}

static void panel_draw(const struct window *win, unsigned y) {
  struct top_view *v = win->view;
  char *text = v->panel == PANEL_HELP ? top_panel_help() : top_panel_path(win->watch, v);
  char *wrapped = top_panel_wrap(text, win->width);
  unsigned lines = lines_count(wrapped);
  uint32_t most = lines > win->rows ? lines - win->rows : 0;
  if (v->first > most)
    v->first = most;
  lines_put(win, y, wrapped, v->first, win->rows);
  free(wrapped);
  free(text);
}

static void last_line_draw(const struct window *win, const char *message) {
  const struct top_view *v = win->view;
  static const char keys[] = "q quit  h help  l g r w sort  s a c rows  / filter  space freeze  "
                             "enter path";
  static const char back[] = "enter back  q quit  up down scroll";
  const char *text = message != NULL ? message : v->panel == PANEL_ROWS ? keys : back;
  char *typed = v->is_typing ? must_print("filter: %s_", v->filter) : NULL;
  if (typed == NULL && message != NULL)
    attron(A_BOLD);
  fitted_put(win->height - 1, 0, typed != NULL ? typed : text, win->width);
  attroff(A_BOLD);
  free(typed);
}

/* The rows keep some lines; what is left of the others is the head's. */
static void lines_share(struct window *win, unsigned head) {
  unsigned fixed = 2 + ROWS_MIN; /* titles, rows, last line */
  win->head = win->height > fixed + head ? head : win->height > fixed ? win->height - fixed : 0;
  win->rows = win->height > win->head + 3 ? win->height - win->head - 2 : 1;
}

uint32_t top_draw(const struct top_watch *w, struct top_view *v, const char *message) {
  struct window win = {.watch = w,
                       .view = v,
                       .width = (unsigned)getmaxx(stdscr),
                       .height = (unsigned)getmaxy(stdscr)};
  char *head = top_head(w, win.width, false);
  lines_share(&win, lines_count(head));
  columns_choose(&win);
  lines_put(&win, 0, head, 0, win.head);
  if (v->panel == PANEL_ROWS) {
    titles_draw(&win, win.head);
    rows_draw(&win, win.head + 1);
  } else
    panel_draw(&win, win.head + 1);
  last_line_draw(&win, message);
  free(head);
  return win.rows;
}
