/* A call path: the return addresses of one request, innermost first; and how it stands in the path
 * tree.
 *
 *   frame[0] ... frame[INNER_FRAMES - 1]   below the root, innermost first
 *   the others, and the mark               below path_outer, outermost first; a joint says which
 *
 * The mark (path_tree.h) ends a path that is `lost`.  Paths that cannot have more than INNER_FRAMES
 * frames have no outer ones.
 *
 * All functions: any thread at any time, signal handlers too; no lock is taken.
 */
#ifndef SHIM_CALL_PATH_H
#define SHIM_CALL_PATH_H

#include "path_room.h"
#include "path_tree.h"

enum { INNER_FRAMES = 9 };
static_assert(INNER_FRAMES <= (int)EXACT_MOST, "only outer frames end a path");

/* How many inner frames a path has above its first, if it goes on so far. */
static inline unsigned path_room_inner(struct path_room room) {
  return room.sure < INNER_FRAMES - 1 ? (unsigned)room.sure : INNER_FRAMES - 1;
}

struct call_path {
  unsigned length;
  bool lost;
  uintptr_t frame[PATH_FRAMES_MAX];
};

/* The frames from `from` on, of `length` frames, added to the outer node `n` from the outermost on.
 * NULL: the tree has no room. */
hidden struct node *call_path_add_outer(struct node *n, const uintptr_t *frame, unsigned from,
                                        unsigned length);

/* The node that the path ends at, made if there is none: `first` is the node of its first frame
 * (the root if it has none).  NULL: the tree has no room. */
hidden struct node *call_path_end(struct node *first, const struct call_path *p);

/* The end of a path that has inner frames from `first` on, and `outer`, its innermost outer node
 * (path_outer: it has none).  NULL: the tree has no room. */
hidden struct node *call_path_join(struct node *first, const uintptr_t *frame, unsigned length,
                                   struct node *outer);

/* Writes the nodes of the path that ends at a node, innermost first, with the program's tags before
 * them and the mark behind them; up to n.  Returns how many there are. */
hidden unsigned call_path_nodes(const struct node *end, const struct node **out, unsigned n);

#endif
