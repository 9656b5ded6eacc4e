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

/* What a path's outermost frame shows.  Texts live as long as the names do. */
struct frame {
  const char *function; /* demangled, without parameters; NULL: not known */
  const char *label;    /* in place of a function: a tag of the program's own; else NULL */
  const char *file;     /* of the source; NULL: not known */
  unsigned line;        /* of the call; 0: not known */
  uint32_t module;      /* index + 1, 0: none */
  uint64_t address;     /* the absolute return address */
};
void paths_frame(const struct paths *p, const struct dump *d, struct names *names, uint32_t path,
                 struct frame *frame);

/* Writes "innermost+0x12 < caller < caller", or "" for the root. */
void paths_print(const struct paths *p, const struct dump *d, struct names *names, uint32_t path,
                 FILE *to);

#endif
