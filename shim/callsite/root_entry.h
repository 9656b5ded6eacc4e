/* A small table beside the path tree that finds a root's child by its address alone, and keeps the
 * account of a path that ends there.
 *
 *   roots[hash of ra] = { ra, root, node, account }      one entry a bucket: the last one wins
 *
 * An entry holds for one root: while the program has pushed a tag, the root is another
 * (path_tree.h).  Each arena has a table; only the thread that has the arena uses it.
 */
#ifndef SHIM_ROOT_ENTRY_H
#define SHIM_ROOT_ENTRY_H

#include "account.h"
#include "path_tree.h"

enum { ROOT_ENTRIES = 512 };

struct root_entry {
  uintptr_t ra; /* 0: empty */
  const struct node *root;
  struct node *node;       /* the root's child of that address */
  struct account *account; /* NULL: not looked up */
};

/* The entry that ra has, or would have. */
static inline struct root_entry *root_entry_at(struct root_entry *roots, uintptr_t ra) {
  return &roots[(ra >> 2 ^ ra >> 11) % ROOT_ENTRIES];
}

/* Is it that of this address under this root? */
static inline bool root_entry_is(const struct root_entry *e, const struct node *root,
                                 uintptr_t ra) {
  return e->ra == ra && e->root == root;
}

/* Makes it that: n is the root's child of that address.  Until the last store it is nobody's: a
 * fork of another thread's may come in between, and a new thread of the child takes the arena. */
static inline void root_entry_set(struct root_entry *e, const struct node *root, uintptr_t ra,
                                  struct node *n) {
  e->ra = 0;
  atomic_signal_fence(memory_order_seq_cst);
  e->root = root;
  e->node = n;
  e->account = NULL;
  atomic_signal_fence(memory_order_seq_cst);
  e->ra = ra;
}

#endif
