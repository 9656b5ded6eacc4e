/* Which rows of a group contain a text: each row is searched once, and again only when it or the
 * text has changed. */
#ifndef TOOLS_TOP_FILTER_H
#define TOOLS_TOP_FILTER_H

#include "top_group.h"

#include <stdbool.h>

/* All zero: no text. */
struct top_filter {
  const struct top_group *group;
  char *text;
  bool *shown; /* of the first `count` rows */
  uint32_t count, room;
};

/* Of each row whether it contains the text, upper and lower case of ASCII alike; valid until the
 * next call.  NULL: all rows do, for the text is NULL or "". */
const bool *top_filter_rows(struct top_filter *f, const struct top_group *g, const char *text);
void top_filter_free(struct top_filter *f);

#endif
