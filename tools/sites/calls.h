/* The call tree of a dump: paths turned around, so that they start at the outermost frame.
 *
 *   rows      read_token < parse < main       1000        calls   main           1010
 *             parse < main                      10                  parse        1010, 10 its own
 *                                                                     read_token 1000
 *
 * Frames are equal when they show the same below the same callers: far ones the function, near ones
 * where in it the call stands, too (paths.h).
 */
#ifndef TOOLS_CALLS_H
#define TOOLS_CALLS_H

#include "session.h"

struct callee {
  const char *text;
  uint64_t total, self; /* total = self + the totals of its children */
  uint32_t first, end;  /* its children in calls->items, largest first; end exclusive */
};

/* items[0] stands above the outermost frames. */
struct calls {
  struct callee *items;
  struct trie *texts;
};

/* The values are rows' row_added(); calls that cost nothing are there, too. */
struct calls *calls_new(const struct session *s, enum sort value);
void calls_free(struct calls *c);

#endif
