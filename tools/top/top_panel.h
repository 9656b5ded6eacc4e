/* Texts that take the place of the rows: one row in full, and the keys. */
#ifndef TOOLS_TOP_PANEL_H
#define TOOLS_TOP_PANEL_H

#include "top_view.h"
#include "top_watch.h"

/* The figures of the selected row, then its path, a frame a line; to be freed. */
char *top_panel_path(const struct top_watch *w, const struct top_view *v);

/* What each key does; to be freed. */
char *top_panel_help(void);

/* A text whose lines are broken where they are wider, without fit.h's marks; to be freed. */
char *top_panel_wrap(const char *text, unsigned width);

#endif
