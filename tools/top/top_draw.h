/* Draws what `top` shows into ncurses' window; contract of the whole in top_screen.h. */
#ifndef TOOLS_TOP_DRAW_H
#define TOOLS_TOP_DRAW_H

#include "top_view.h"
#include "top_watch.h"

enum { TOP_PAIR_WARM = 1, TOP_PAIR_HOT }; /* of colours, as heat.h has them */

/* Into an empty window; returns how many lines there are for rows or a panel, 1 or more. */
uint32_t top_draw(const struct top_watch *w, struct top_view *v, const char *message);

#endif
