/* The path tree: every call path that asked for memory.
 *
 *   path_root ── ra of malloc's caller ── ra of its caller ── ... ── joint    inner frames
 *                                                                      |
 *                path_outer ── ra of the outermost call ── ... ────────┘      outer frames
 *
 * Node = (parent, address).  Inner frames stand innermost first, because paths begin alike: at
 * wrappers of malloc.  The outer frames of a long path (call_path.h) stand outermost first in a
 * tree of their own, because they end alike: at main.  A joint's address is the last of its outer
 * nodes.  The node that a path ends at, a joint or an inner frame, is the call site.
 *
 * A node remembers its first few children; the others are found by a hash of parent and address.
 *
 * Process-wide, append-only, lock-free: nodes are never moved or freed, and a reader never sees a
 * node that is half written.  How the frame of a return address finds its caller (frame_rule.h) is
 * a property of the address, not of the path: the root's child of that address holds it, and other
 * inner nodes of the address copy it.  Memory is bounded: NODES_MAX nodes, SITES_MAX call sites
 * (arena/tag.h); then path_child and path_site say so.
 *
 * When a module leaves, the addresses of its nodes are replaced by NODE_DEAD and their offset in
 * the module: the nodes stay for the dump, and what is mapped there later gets other nodes.  If the
 * module comes back, at whatever address, they live again: a library that is opened and closed for
 * ever needs no more nodes than one that is opened once.
 *
 * Unless its comment says otherwise, a function here may be called by any thread at any time, from
 * signal handlers too, and takes no lock.
 */
#ifndef SHIM_PATH_TREE_H
#define SHIM_PATH_TREE_H

#include "frame_rule.h"
#include "tag.h"

enum { NODES_MAX = 1 << 21, NODE_WAYS = 4 };

/* The address of a node whose module has left (user addresses have ADDRESS_BITS, arena/arch.h):
 *
 *   63      62                     47   46                      0
 *   | dead | index of that module     | address - module's start |
 *
 * The last index means that module or any further one: then the address itself follows it, not an
 * offset.
 */
enum { DEAD_MODULES = 1 << 16, DEAD_LAST = DEAD_MODULES - 1 };
#define NODE_DEAD (UINT64_C(1) << 63)
/* Of a node's `address`: the address; of a dead node its offset, or address, as above. */
static inline uintptr_t node_address(uintptr_t a) {
  return (a & NODE_DEAD) == 0 ? a : a & ((UINT64_C(1) << ADDRESS_BITS) - 1);
}
/* Of a dead node's `address`: the index of its module. */
static inline unsigned node_dead_module(uintptr_t a) {
  return (unsigned)(a >> ADDRESS_BITS) % DEAD_MODULES;
}

enum node_kind {
  NODE_FRAME = 0,
  NODE_LABEL, /* a tag that the program pushed, or the mark below */
  NODE_ROOT,
  NODE_LOADER, /* a request of the dynamic loader: child of a root */
  NODE_OUTER,  /* a frame below path_outer */
  NODE_JOINT   /* the end of a path; its address is that of its innermost outer node */
};

struct node {
  struct node *parent;                        /* NULL: none; written last */
  uintptr_t address;                          /* return address; of a label: its text */
  struct rule rule;                           /* of an inner frame; read and stored whole */
  _Atomic(struct node *) children[NODE_WAYS]; /* by node_way of the child's address; never NULL */
  _Atomic uint32_t site;                      /* 0: no path ends here yet */
  uint32_t number : 29;
  uint32_t kind : 3; /* enum node_kind */
};
static_assert(sizeof(struct node) == CACHE_LINE, "one node a cache line");

extern hidden struct node path_root;
extern hidden struct node path_outer; /* its number is NODES_MAX */

/* The mark: a label that ends a path at its outer end.  The caller of the frame before it is not
 * known, because that frame's code has no unwind information, or is code of no file. */
extern hidden const char path_no_unwind[];
static inline bool node_is_mark(const struct node *n) {
  return n->kind == NODE_LABEL && n->address == (uintptr_t)path_no_unwind;
}

static inline size_t node_way(uintptr_t address) {
  return (address >> 3 ^ address >> 7) % NODE_WAYS;
}

/* The child of that address; if there is none, a new one of this kind.  NULL if there is no room.
 */
hidden struct node *path_child(struct node *parent, uintptr_t address, enum node_kind kind);

/* Children by hash, in levels of hash tables (path_tree.c): new children go into the newest level,
 * and path_peek looks at PROBES slots of that level only.  A slot holds a node's address and, in
 * the bits above it, a part of the hash, so that a search hardly ever reads a node other than its
 * own.
 */
typedef uint64_t slot_t; /* 0: empty */
struct level {
  size_t mask;         /* slots - 1 */
  _Atomic size_t used; /* slots that are not empty */
  _Atomic slot_t slot[];
};
enum { PROBES = 16, SLOT_HASH_SHIFT = 48 };
static_assert((int)ADDRESS_BITS <= (int)SLOT_HASH_SHIFT, "an address fits below the hash");
extern hidden _Atomic(struct level *) path_newest;

static inline uint64_t path_hash(const struct node *parent, uintptr_t address) {
  uint64_t x =
      (address * UINT64_C(0x9e3779b97f4a7c15) ^ (uintptr_t)parent) * UINT64_C(0xbf58476d1ce4e5b9);
  return x ^ x >> 24;
}
/* The upper bits of the hash are kept in the slot, the middle ones say where a search begins. */
static inline size_t slot_start(uint64_t hash) { return (size_t)(hash >> 20); }
static inline struct node *slot_node(slot_t p) {
  return (struct node *)(p & ((UINT64_C(1) << SLOT_HASH_SHIFT) - 1));
}
static inline slot_t slot_make(const struct node *n, uint64_t hash) {
  return (uintptr_t)n | hash >> SLOT_HASH_SHIFT << SLOT_HASH_SHIFT;
}
static inline bool slot_holds(slot_t p, uint64_t hash, const struct node *parent,
                              uintptr_t address) {
  return ((p ^ hash) >> SLOT_HASH_SHIFT) == 0 && slot_node(p)->address == address &&
         slot_node(p)->parent == parent;
}

/* The child, if it is among the node's first children or near the beginning of its search in the
 * newest level; else NULL, and path_child may still find it.  Changes nothing. */
static inline struct node *path_peek(const struct node *n, uintptr_t address) {
  struct node *c = atomic_load_explicit(&n->children[node_way(address)], memory_order_relaxed);
  if (likely(c->address == address))
    return c;
  if (c->address == 0) /* no child is entered in this way: there is no such child */
    return NULL;
  struct level *l = atomic_load_explicit(&path_newest, memory_order_acquire);
  uint64_t hash = path_hash(n, address);
  size_t at = slot_start(hash);
  for (unsigned i = 0; i < PROBES; i++, at++) {
    slot_t p = atomic_load_explicit(&l->slot[at & l->mask], memory_order_acquire);
    if (p == 0)
      return NULL;
    if (slot_holds(p, hash, n, address))
      return slot_node(p);
  }
  return NULL;
}

/* path_child, quicker if the child is there. */
static inline struct node *path_step_kind(struct node *n, uintptr_t address, enum node_kind kind) {
  struct node *c = path_peek(n, address);
  return likely(c != NULL) ? c : path_child(n, address, kind);
}
static inline struct node *path_step(struct node *n, uintptr_t address) {
  return path_step_kind(n, address, NODE_FRAME);
}

/* Is the node's address one of code? */
static inline bool node_is_frame(const struct node *n) {
  return n->kind == NODE_FRAME || n->kind == NODE_LOADER || n->kind == NODE_OUTER;
}

/* The rule of an inner frame's address; RULE_UNKNOWN: not known, or not copied yet. */
static inline struct rule node_rule(const struct node *n) {
  struct rule r;
  __atomic_load(&n->rule, &r, __ATOMIC_RELAXED);
  return r;
}

/* The root's child of that address, which holds its rule; NULL: there is none. */
hidden struct node *path_holder(uintptr_t address);

/* How the frame of an address finds its caller; RULE_UNKNOWN until path_set_rule.  Makes no node.
 */
hidden struct rule path_rule(uintptr_t address);

/* Sets the rule of an address, if there is room. */
hidden void path_set_rule(uintptr_t address, struct rule r);

/* Copies the rule of n's address to n, if it is known. */
hidden void path_copy_rule(struct node *n);

/* The number of the call site that ends at this node: SITE_KINDS or more; 0 if all are taken, or
 * there is no memory. */
hidden uint32_t path_site(struct node *n);

/* Marks the nodes of addresses in [start, end) dead: that module has left.  *any says whether there
 * were some.  Returns the first of them for path_revive; 0: there are none that could live again.
 * One thread at a time calls path_forget and path_revive. */
hidden uint32_t path_forget(unsigned module, uintptr_t start, uintptr_t end, bool *any);

/* The module whose path_forget returned `first` is back, at `start`: its nodes live again. */
hidden void path_revive(uint32_t first, uintptr_t start);

/* In the child of a fork: path_forget finds again the nodes that another thread of the parent was
 * looking at in path_forget or path_revive.  Not where this thread is making a node. */
hidden void path_fork_child(void);

/* In the child of a fork whose parent had a record's file (pieces_fork_child): shows readers
 * outside the nodes and the sites that are there, and no others. */
hidden void path_fork_child_shown(void);

/* ---- for reports and dumps ---- */

/* Nodes made so far, the root among them; their numbers are below that. */
hidden unsigned path_nodes(void);

/* An upper bound of how many of these are labels. */
hidden unsigned path_labels(void);

/* The node of that number, which is below path_nodes(), or NODES_MAX; NULL: that number has no
 * node.
 */
hidden struct node *path_node(unsigned number);

/* Call sites are numbered SITE_KINDS..path_sites()-1. */
hidden uint32_t path_sites(void);

/* The node at which the path of a site ends; NULL: that number has none. */
hidden struct node *path_site_node(uint32_t site);

/* Bytes mapped for the tree. */
hidden uint64_t path_bytes(void);

#endif
