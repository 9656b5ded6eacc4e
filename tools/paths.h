/* The call paths as they are shown: wrappers folded away, equal ones merged.
 *
 *   dump's nodes   root <- xmalloc+8 <- parse+20 <- main+40
 *   paths          root <-              parse+20 <- main
 *
 * Paths are equal when they show the same: the innermost frame counts by its return address, its
 * callers by function, or by address where no function is known.  One pass builds them all, for a
 * node's path is its parent's path and itself.
 */
#ifndef TOOLS_PATHS_H
#define TOOLS_PATHS_H

#include "names.h"

enum { PATH_ROOT = 0 }; /* the empty path */

struct path {
  uint32_t parent; /* path one frame further in; less than its own index */
  uint32_t node;   /* one of the dump's nodes that it stands for: its outermost frame */
  uint32_t inner;  /* node of its innermost frame, 0 while it has only labels */
};

struct paths {
  struct path *items;
  uint32_t count;
  uint32_t *of_node; /* of each of the dump's nodes: its path */
};

struct paths *paths_new(const struct dump *d, struct names *names);
void paths_free(struct paths *p);

/* Writes "innermost+0x12 < caller < caller", or "" for the root. */
void paths_print(const struct paths *p, const struct dump *d, struct names *names, uint32_t path,
                 FILE *to);

#endif
