/* The path tree: every call path that asked for memory, innermost call first.
 *
 *   root ── ra of malloc's caller ── ra of its caller ── ...      node = (parent, return address)
 *
 * A capture walks from the root; the node it ends at is the call site.  A node remembers how the
 * frame of its return address finds its caller (frame_rule.h), so that known frames need no
 * unwinder, and its first few children; the others are found by a hash of parent and address.
 *
 * Process-wide, append-only, lock-free: nodes are never moved or freed, a reader sees a node
 * whole.  The rule of an address is a property of it, not of the path: the root's child of that
 * address holds it, and other nodes of the address copy it.  Memory is bounded: NODES_MAX nodes,
 * SITES_MAX call sites (arena/tag.h); then path_child and path_site say so.
 *
 * When a module leaves, the nodes of its addresses get NODE_DEAD in theirs, and their offset in the
 * module: they stay for the dump, and what is mapped there later gets nodes of its own.  If the
 * module comes back, wherever to, they live again: a library that is opened and closed for ever
 * needs no more nodes than once.
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
 * The last index stands for that module and any further: the address itself is there.
 */
enum { DEAD_MODULES = 1 << 16, DEAD_LAST = DEAD_MODULES - 1 };
#define NODE_DEAD (UINT64_C(1) << 63)
static inline uintptr_t node_address(uintptr_t a) {
  return (a & NODE_DEAD) == 0 ? a : a & ((UINT64_C(1) << ADDRESS_BITS) - 1);
}
static inline unsigned node_dead_module(uintptr_t a) {
  return (unsigned)(a >> ADDRESS_BITS) % DEAD_MODULES;
}

enum node_kind {
  NODE_FRAME = 0,
  NODE_LABEL, /* a tag that the program pushed, or the mark below */
  NODE_ROOT,
  NODE_LOADER /* a request of the dynamic loader: child of a root */
};

struct node {
  struct node *parent;                        /* NULL: none; written last */
  uintptr_t address;                          /* return address; of a label: its text */
  struct rule rule;                           /* read and stored whole: node_rule, path_learned */
  _Atomic(struct node *) children[NODE_WAYS]; /* by node_way of the child's address; never NULL */
  _Atomic uint32_t site;                      /* 0: no path ends here yet */
  uint32_t number : 30;
  uint32_t kind : 2; /* enum node_kind */
};
static_assert(sizeof(struct node) == CACHE_LINE, "one node a cache line");

extern hidden struct node path_root;

/* A label that ends a path from outside: what called the frame before it is not known, because that
 * has no unwind information, or is code of no file. */
extern hidden const char path_no_unwind[];
static inline bool node_is_mark(const struct node *n) {
  return n->kind == NODE_LABEL && n->address == (uintptr_t)path_no_unwind;
}

static inline size_t node_way(uintptr_t address) {
  return (address >> 3 ^ address >> 7) % NODE_WAYS;
}

/* The child of that address, made at need; NULL if there is no room.  Any thread. */
hidden struct node *path_child(struct node *parent, uintptr_t address, enum node_kind kind);

/* Children by hash.  In levels: new ones go into the newest (path_tree.c); a search for one that is
 * likely there looks at PROBES places of that.  A place holds a node's address and, in the bits
 * above it, some of the hash: a search looks at no other's node. */
typedef uint64_t slot_t; /* 0: empty */
struct level {
  size_t mask; /* places - 1 */
  _Atomic size_t used;
  _Atomic slot_t place[];
};
enum { PROBES = 16, PLACE_HASH_SHIFT = 48 };
static_assert((int)ADDRESS_BITS <= (int)PLACE_HASH_SHIFT, "an address fits below the hash");
extern hidden _Atomic(struct level *) path_newest;

static inline uint64_t path_hash(const struct node *parent, uintptr_t address) {
  uint64_t x =
      (address * UINT64_C(0x9e3779b97f4a7c15) ^ (uintptr_t)parent) * UINT64_C(0xbf58476d1ce4e5b9);
  return x ^ x >> 24;
}
/* The upper bits say which node it may be, the middle ones where it is looked for. */
static inline size_t place_of(uint64_t hash) { return (size_t)(hash >> 20); }
static inline struct node *place_node(slot_t p) {
  return (struct node *)(p & ((UINT64_C(1) << PLACE_HASH_SHIFT) - 1));
}
static inline slot_t place_make(const struct node *n, uint64_t hash) {
  return (uintptr_t)n | hash >> PLACE_HASH_SHIFT << PLACE_HASH_SHIFT;
}
static inline bool place_is(slot_t p, uint64_t hash, const struct node *parent, uintptr_t address) {
  return ((p ^ hash) >> PLACE_HASH_SHIFT) == 0 && place_node(p)->address == address &&
         place_node(p)->parent == parent;
}

/* The child if it is easily found, else NULL; changes nothing. */
static inline struct node *path_peek(const struct node *n, uintptr_t address) {
  struct node *c = atomic_load_explicit(&n->children[node_way(address)], memory_order_relaxed);
  if (likely(c->address == address))
    return c;
  if (c->address == 0) /* nobody: no such child was made */
    return NULL;
  struct level *l = atomic_load_explicit(&path_newest, memory_order_acquire);
  uint64_t hash = path_hash(n, address);
  size_t at = place_of(hash);
  for (unsigned i = 0; i < PROBES; i++, at++) {
    slot_t p = atomic_load_explicit(&l->place[at & l->mask], memory_order_acquire);
    if (p == 0)
      return NULL;
    if (place_is(p, hash, n, address))
      return place_node(p);
  }
  return NULL;
}

/* The child, made at need; NULL if there is no room. */
static inline struct node *path_step(struct node *n, uintptr_t address) {
  struct node *c = path_peek(n, address);
  return likely(c != NULL) ? c : path_child(n, address, NODE_FRAME);
}

/* Its address is one of code. */
static inline bool node_is_frame(const struct node *n) {
  return n->kind == NODE_FRAME || n->kind == NODE_LOADER;
}

static inline struct rule node_rule(const struct node *n) {
  struct rule r;
  __atomic_load(&n->rule, &r, __ATOMIC_RELAXED);
  return r;
}

/* How the frame of that address finds its caller, so far as known; and what was learned. */
hidden struct rule path_rule(uintptr_t address);
hidden void path_learned(struct node *n, struct rule r);

/* The number of the call site that ends at this node; 0 if all are taken. */
hidden uint32_t path_site(struct node *n);

/* Marks the nodes of addresses in [start, end) dead: that module has left.  Returns the first of
 * them for path_revive; 0: there are none that could live again.  *any: there are some.  One thread
 * at a time calls these two. */
hidden uint32_t path_forget(unsigned module, uintptr_t start, uintptr_t end, bool *any);
/* That module is back, at `start`. */
hidden void path_revive(uint32_t first, uintptr_t start);

/* For reports and dumps: nodes made so far in order (NULL: a number without a node), and the
 * node of each site. */
hidden unsigned path_nodes(void);
hidden unsigned path_labels(void); /* nodes of them that may be labels, at most */
hidden struct node *path_node(unsigned number);
hidden uint32_t path_sites(void);
hidden struct node *path_site_node(uint32_t site);

/* Bytes mapped for all this. */
hidden uint64_t path_bytes(void);

#endif
