/* Keys; contract in top_view.h. */
#include "top_view.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

void top_view_start(struct top_view *v, enum top_by by, enum top_sort sort) {
  *v = (struct top_view){.by = by, .sort = sort};
}

void top_view_free(struct top_view *v) { free(v->lines.items); }

void top_view_update(struct top_view *v, struct top_model *m) {
  free(v->lines.items);
  v->lines = top_model_lines(m, v->by, v->sort, v->filter);
}

uint32_t top_view_selected(const struct top_view *v) {
  for (uint32_t i = 0; v->has_chosen && i < v->lines.count; i++)
    if (v->lines.items[i].row == v->selected)
      return i;
  return 0;
}

static void line_select(struct top_view *v, uint32_t line) {
  if (v->lines.count == 0)
    return;
  v->selected = v->lines.items[line < v->lines.count ? line : v->lines.count - 1].row;
  v->has_chosen = line > 0;
}

static void rows_restart(struct top_view *v) {
  v->has_chosen = false;
  v->first = 0;
}

/* Moves by lines: the window of a panel, else what is selected. */
static void lines_move(struct top_view *v, bool down, uint32_t lines) {
  uint32_t at = v->panel == PANEL_ROWS ? top_view_selected(v) : v->first;
  at = down ? at + lines : at > lines ? at - lines : 0;
  if (v->panel == PANEL_ROWS)
    line_select(v, at);
  else
    v->first = at;
}

static void group_show(struct top_view *v, enum top_by by) {
  v->by = by;
  rows_restart(v);
}

void top_view_by(struct top_view *v, enum top_by by) {
  if (!v->has_chosen_by && v->by != by)
    group_show(v, by);
}

static void filter_add(struct top_view *v, wchar_t c) {
  char bytes[MB_LEN_MAX];
  mbstate_t state = {0};
  size_t used = strlen(v->filter), n = wcrtomb(bytes, c, &state);
  if (n == (size_t)-1 || used + n >= sizeof v->filter)
    return;
  memcpy(v->filter + used, bytes, n);
  v->filter[used + n] = '\0';
}

/* Takes the last character off. */
static void filter_cut(struct top_view *v) {
  size_t used = strlen(v->filter);
  while (used > 0 && ((unsigned char)v->filter[--used] & 0xC0) == 0x80)
    ;
  v->filter[used] = '\0';
}

static void typing_key(struct top_view *v, uint32_t key) {
  if (key == TOP_KEY_ENTER || key == TOP_KEY_ESCAPE)
    v->is_typing = false;
  if (key == TOP_KEY_ESCAPE)
    *v->filter = '\0';
  else if (key == TOP_KEY_BACKSPACE)
    filter_cut(v);
  else if (key >= ' ' && key != 0x7F && key < TOP_KEY_NONE)
    filter_add(v, (wchar_t)key);
  rows_restart(v);
}

static void filter_start(struct top_view *v) {
  v->is_typing = true;
  *v->filter = '\0';
}

static void panel_show(struct top_view *v, enum top_panel panel) {
  v->panel = v->panel == panel ? PANEL_ROWS : panel;
  v->first = 0;
}

/* The whole path of the selected row; from a panel back to the rows. */
static void path_show(struct top_view *v) {
  if (v->panel == PANEL_ROWS && v->lines.count > 0) {
    v->selected = v->lines.items[top_view_selected(v)].row;
    v->has_chosen = true;
    panel_show(v, PANEL_PATH);
  } else
    panel_show(v, PANEL_ROWS);
}

/* Back from a panel to the rows, from a filter to all rows. */
static void back(struct top_view *v) {
  if (v->panel == PANEL_ROWS)
    *v->filter = '\0';
  panel_show(v, PANEL_ROWS);
}

/* Keys for what is shown; false: it is none. */
static bool choice_key(struct top_view *v, uint32_t key) {
  static const char sorts[] = {
      [TOP_LIVE] = 'l', [TOP_GROWTH] = 'g', [TOP_RATE] = 'r', [TOP_WASTE] = 'w'};
  static const char groups[] = {[TOP_SITES] = 's', [TOP_ARENAS] = 'a', [TOP_CLASSES] = 'c'};
  for (size_t i = 0; i < sizeof sorts; i++)
    if (key == (uint32_t)sorts[i]) {
      v->sort = (enum top_sort)i;
      rows_restart(v);
      return true;
    }
  for (size_t i = 0; i < sizeof groups; i++)
    if (key == (uint32_t)groups[i]) {
      v->has_chosen_by = true;
      group_show(v, (enum top_by)i);
      return true;
    }
  return false;
}

static void move_key(struct top_view *v, uint32_t key, uint32_t page) {
  enum { ALL = UINT32_MAX / 2 };
  if (key == TOP_KEY_UP || key == 'k')
    lines_move(v, false, 1);
  else if (key == TOP_KEY_DOWN || key == 'j')
    lines_move(v, true, 1);
  else if (key == TOP_KEY_PAGE_UP || key == TOP_KEY_PAGE_DOWN)
    lines_move(v, key == TOP_KEY_PAGE_DOWN, page);
  else if (key == TOP_KEY_HOME || key == TOP_KEY_END)
    lines_move(v, key == TOP_KEY_END, ALL);
}

static void command_key(struct top_view *v, uint32_t key, uint32_t page) {
  switch (key) {
  case 'q':
    v->is_over = true;
    break;
  case ' ':
    v->is_frozen = !v->is_frozen;
    break;
  case '/':
    panel_show(v, PANEL_ROWS);
    filter_start(v);
    break;
  case 'h':
  case '?':
    panel_show(v, PANEL_HELP);
    break;
  case TOP_KEY_ENTER:
    path_show(v);
    break;
  case TOP_KEY_ESCAPE:
    back(v);
    break;
  default:
    move_key(v, key, page);
  }
}

void top_view_key(struct top_view *v, uint32_t key, uint32_t page) {
  if (key == TOP_KEY_GONE)
    v->is_over = true;
  else if (v->is_typing)
    typing_key(v, key);
  else if (choice_key(v, key))
    v->panel = PANEL_ROWS;
  else
    command_key(v, key, page);
}
