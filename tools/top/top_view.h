/* What the screen shows of a model, and what each key changes: no terminal is known here. */
#ifndef TOOLS_TOP_VIEW_H
#define TOOLS_TOP_VIEW_H

#include "top_model.h"

/* Keys that are no characters; those are Unicode's numbers. */
enum top_key {
  TOP_KEY_NONE = 0x110000, /* none was pressed */
  TOP_KEY_GONE,            /* the terminal is gone, or the command is to end */
  TOP_KEY_RESIZE,
  TOP_KEY_UP,
  TOP_KEY_DOWN,
  TOP_KEY_PAGE_UP,
  TOP_KEY_PAGE_DOWN,
  TOP_KEY_HOME,
  TOP_KEY_END,
  TOP_KEY_ENTER,
  TOP_KEY_ESCAPE,
  TOP_KEY_BACKSPACE
};

enum top_panel { PANEL_ROWS, PANEL_PATH, PANEL_HELP };

struct top_view {
  enum top_by by;
  bool has_chosen_by; /* a key said what rows are */
  enum top_sort sort;
  char filter[128]; /* in the locale's characters */
  bool is_typing;   /* the filter */
  bool is_frozen;
  bool is_over; /* keys asked to quit */
  enum top_panel panel;
  struct top_lines lines;
  uint32_t selected; /* row; the line at the top while none was chosen */
  bool has_chosen;
  uint32_t first; /* line at the top of the window; of the panel, when one is shown */
};

void top_view_start(struct top_view *v, enum top_by by, enum top_sort sort);
void top_view_free(struct top_view *v);

/* Makes rows what `by` says, unless a key has. */
void top_view_by(struct top_view *v, enum top_by by);

/* Takes the lines from the model again: after a reading, and after each key. */
void top_view_update(struct top_view *v, struct top_model *m);

/* The selected line: an index in v->lines; 0 when there is none. */
uint32_t top_view_selected(const struct top_view *v);

/* What a key changes; `page`: lines in the window, 1 or more. */
void top_view_key(struct top_view *v, uint32_t key, uint32_t page);

#endif
