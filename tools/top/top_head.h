/* The lines above the rows: which process, how it is, its totals and rates. */
#ifndef TOOLS_TOP_HEAD_H
#define TOOLS_TOP_HEAD_H

#include "top_watch.h"

/* The lines, each with its newline and at most `width` columns (an item that alone is wider is
 * longer).  `exact`: all digits.  To be freed. */
char *top_head(const struct top_watch *w, unsigned width, bool exact);

#endif
