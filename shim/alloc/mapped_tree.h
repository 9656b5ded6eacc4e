/* Address ranges that the program has mapped, sorted, none overlapping another: a treap.
 *
 *            [d..e)                 by address: left < node < right
 *           /      \                by rank: no child's is higher; a hash of where the node lies,
 *       [a..b)    [g..h)            so the tree is as deep as a random one
 *
 * Taking out an interval splits the ranges at its ends, so that what is left of them stays:
 *
 *   before   [------- A -------)[--- B ---)
 *   cut            [-----------------)          gives  A's end, B's beginning
 *   after    [ A  )                   [ B )
 *
 * Nodes come from chunks mapped for them and go to a free list.  No function recurses: a stack may
 * have 4 KiB.  The caller serializes all calls (mapped_books.h).
 */
#ifndef SHIM_MAPPED_TREE_H
#define SHIM_MAPPED_TREE_H

#include "mapped_shown.h"

/* What an arena knows of a call site's mappings.  `ranges` is kept by the functions below, the rest
 * by mapped_books.c. */
struct mapped_account {
  uint32_t arena; /* its number + 1; 0: the thread had none */
  uint32_t site;
  uint64_t allocs; /* calls that mapped */
  uint64_t bytes;  /* mapped by them, ever */
  uint64_t ranges; /* nodes of its mappings that exist */
  uint64_t live_bytes, peak_bytes;
  uint64_t at_peak_bytes; /* live when the sum of all was highest; valid if `epoch` is the peak's */
  uint64_t epoch;
  struct record_mapped *shown;
};

/* What lies in a range: all of it but the offset is the same in every part of it. */
struct mapped_what {
  struct mapped_account *account;
  uint64_t offset;     /* of the range's first byte in its file or shared memory */
  uint64_t segment;    /* bytes of the System V segment; 0 of all others */
  uint32_t flags;      /* as mmap got them */
  uint16_t protection; /* as mmap got it */
  uint16_t kind;       /* enum dump_map_kind */
};

struct mapped_range {
  uintptr_t start, end; /* end exclusive */
  struct mapped_range *left, *right;
  struct mapped_what what;
  struct record_mapped *shown; /* the node's, used again with it */
};

/* All zero: empty. */
struct mapped_tree {
  struct mapped_range *root;
  struct mapped_range *free; /* linked by `left` */
  struct mapped_range *fresh, *fresh_end;
  uint64_t bytes; /* mapped for nodes */
};

/* Takes all parts of ranges that lie in [start, end) out of the tree, and returns them as a tree of
 * their own; NULL: there are none.  Without memory for a node that a split needs, the part of the
 * range behind the split is forgotten, and `forgotten` called for it. */
hidden struct mapped_range *mapped_tree_cut(struct mapped_tree *t, uintptr_t start, uintptr_t end,
                                            void (*forgotten)(struct mapped_account *a,
                                                              uint64_t bytes));

/* Adds a range to a tree that has none there.  False without memory. */
hidden bool mapped_tree_add(struct mapped_tree *t, uintptr_t start, uintptr_t end,
                            const struct mapped_what *what);

/* Readers of the record see these ranges no longer (mapped_shown.h). */
hidden void mapped_tree_hide(const struct mapped_range *pieces);

/* Puts back one range that mapped_tree_cut took out; nothing has been added there since.  Readers
 * see it again. */
hidden void mapped_tree_put_back(struct mapped_tree *t, struct mapped_range *r);

/* Does a range lie on both sides of `at`? */
hidden bool mapped_tree_splits(const struct mapped_tree *t, uintptr_t at);

/* Makes one range again of two that were one, if they are there and meet at `at`. */
hidden void mapped_tree_unsplit(struct mapped_tree *t, uintptr_t at);

/* Takes the lowest range out of *pieces, which is not NULL. */
hidden struct mapped_range *mapped_tree_pop(struct mapped_range **pieces);

/* Gives back the memory of a range that is in no tree. */
hidden void mapped_tree_free(struct mapped_tree *t, struct mapped_range *r);

/* The lowest range that ends above `address`; NULL: none. */
hidden struct mapped_range *mapped_tree_from(const struct mapped_tree *t, uintptr_t address);

#endif
