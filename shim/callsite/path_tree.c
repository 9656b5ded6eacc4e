/* The path tree's tables; contract in path_tree.h.
 *
 * A node's first child of each way stands in the node alone.  Most nodes are such children and take
 * no place in a table.  The others are found in levels of hash tables, each four times as large as
 * the one before it:
 *
 *   level 0   level 1   ...   newest      a new child goes into the newest; a search goes from the
 *                                         newest to the oldest and enters what it finds into the
 *                                         newest
 *
 * A table is never rebuilt, so that no thread waits for another.  Two threads that make the same
 * child while a level is added may make two nodes of it; a reader of a dump adds up the paths that
 * are equal.
 */
#include "path_tree.h"
#include "os.h"
#include "record_format.h"
#include "shown_paths.h"

enum { LEVELS = 7, FIRST_SLOTS = 1024, GROWTH_SHIFT = 2 };
static_assert(FIRST_SLOTS << (LEVELS - 1) * GROWTH_SHIFT >= 2 * NODES_MAX, "room for all nodes");
/* A chunk holds nodes, and behind them for each the number of the next one in its granule's list.
 */
enum {
  NODES_A_CHUNK = 1024,
  CHUNK_BYTES = NODES_A_CHUNK * (sizeof(struct node) + sizeof(uint32_t)),
  GRANULES = 4096,
  GRANULE_BYTES = 64 << 10
};
enum { SITES_A_PAGE = 4096, SITE_PAGE_BYTES = SITES_A_PAGE * sizeof(struct node *) };

static struct {
  _Atomic(struct level *) level[LEVELS];
  _Atomic(struct node *) chunk[NODES_MAX / NODES_A_CHUNK];
  _Atomic unsigned nodes, labels;
  _Atomic(struct node **) page[SITES_MAX / SITES_A_PAGE];
  _Atomic uint32_t sites;
  _Atomic uint64_t bytes;
} paths = {.nodes = 1, .sites = SITE_KINDS};

/* What stands for the newest level before the first is made: one slot, always empty. */
static _Alignas(struct level) char no_level[sizeof(struct level) + sizeof(slot_t)];
hidden _Atomic(struct level *) path_newest = (struct level *)no_level;

static struct node no_child; /* its address is 0: that of no child looked for */
#define NO_CHILDREN                                                                                \
  { &no_child, &no_child, &no_child, &no_child }
struct node path_root = {.kind = NODE_ROOT, .children = NO_CHILDREN};
struct node path_outer = {.kind = NODE_ROOT, .children = NO_CHILDREN, .number = NODES_MAX};

const char path_no_unwind[] = RECORD_MARK_TEXT;

uint64_t path_bytes(void) { return count_get(&paths.bytes); }
unsigned path_nodes(void) {
  unsigned n = atomic_load_explicit(&paths.nodes, memory_order_acquire);
  return n < NODES_MAX ? n : NODES_MAX;
}
unsigned path_labels(void) { return atomic_load_explicit(&paths.labels, memory_order_acquire); }
uint32_t path_sites(void) {
  uint32_t n = atomic_load_explicit(&paths.sites, memory_order_acquire);
  return n < SITES_MAX ? n : SITES_MAX;
}

/* A part of a table, mapped when it is first needed; NULL if there is no memory. */
static void *part(_Atomic(void *) *place, size_t bytes) {
  void *have = atomic_load_explicit(place, memory_order_acquire);
  if (likely(have != NULL))
    return have;
  void *fresh = os_map(bytes);
  if (fresh == NULL)
    return NULL;
  if (!atomic_compare_exchange_strong(place, &have, fresh)) {
    os_unmap(fresh, bytes);
    return have;
  }
  atomic_fetch_add(&paths.bytes, bytes);
  return fresh;
}

static size_t level_slots(unsigned i) { return (size_t)FIRST_SLOTS << i * GROWTH_SHIFT; }

static struct level *level_make(unsigned i) {
  size_t bytes = sizeof(struct level) + level_slots(i) * sizeof(slot_t);
  struct level *l = part((_Atomic(void *) *)&paths.level[i], round_up(bytes, PAGE_BYTES));
  if (l != NULL)
    __atomic_store_n(&l->mask, level_slots(i) - 1,
                     __ATOMIC_RELAXED); /* all threads store the same */
  return l;
}

/* A slot whose node was removed: it holds no_child without a hash, and searches go past it. */
static bool slot_is_removed(slot_t p) { return p == (uintptr_t)&no_child; }

/* The child in this level; or NULL, and *empty is the free slot for it (NULL: the level is full).
 */
static struct node *level_find(struct level *l, const struct node *parent, uintptr_t address,
                               _Atomic slot_t **empty) {
  uint64_t hash = path_hash(parent, address);
  size_t at = slot_start(hash);
  *empty = NULL;
  for (size_t i = 0; i <= l->mask; i++, at++) {
    _Atomic slot_t *slot = &l->slot[at & l->mask];
    slot_t p = atomic_load_explicit(slot, memory_order_acquire);
    if (*empty == NULL && (p == 0 || slot_is_removed(p)))
      *empty = slot;
    if (p == 0)
      return NULL;
    if (slot_holds(p, hash, parent, address))
      return slot_node(p);
  }
  return NULL;
}

static void granule_add(struct node *n, uintptr_t address);

static enum record_node_kind shown_kind(const struct node *n) {
  return n->kind == NODE_OUTER   ? RECORD_NODE_OUTER
         : n->kind == NODE_JOINT ? RECORD_NODE_JOINT
         : node_is_frame(n)      ? RECORD_NODE_FRAME
         : node_is_mark(n)       ? RECORD_NODE_MARK
                                 : RECORD_NODE_LABEL;
}

static struct node *node_make(struct node *parent, uintptr_t address, enum node_kind kind) {
  if (atomic_load_explicit(&paths.nodes, memory_order_relaxed) >= NODES_MAX)
    return NULL;
  unsigned number = atomic_fetch_add(&paths.nodes, 1);
  if (number >= NODES_MAX)
    return NULL;
  struct node *chunk = part((_Atomic(void *) *)&paths.chunk[number / NODES_A_CHUNK], CHUNK_BYTES);
  if (chunk == NULL)
    return NULL;
  if (kind == NODE_LABEL)
    atomic_fetch_add(&paths.labels, 1);
  struct node *n = chunk + number % NODES_A_CHUNK;
  *n = (struct node){.address = address, .children = NO_CHILDREN, .number = number, .kind = kind};
  atomic_signal_fence(memory_order_seq_cst);
  __atomic_store_n(&n->parent, parent, __ATOMIC_RELEASE);
  if (node_is_frame(n))
    granule_add(n, address);
  shown_node(n, shown_kind(n));
  return n;
}

/* Puts n into a level.  Returns the node that the level has for this child: n, or another's. */
static struct node *level_add(struct level *l, struct node *n) {
  slot_t mine = slot_make(n, path_hash(n->parent, n->address));
  for (;;) {
    _Atomic slot_t *empty = NULL;
    struct node *there = level_find(l, n->parent, n->address, &empty);
    if (there != NULL)
      return there;
    if (empty == NULL)
      return n;
    slot_t before = atomic_load_explicit(empty, memory_order_relaxed);
    if ((before == 0 || slot_is_removed(before)) &&
        atomic_compare_exchange_strong_explicit(empty, &before, mine, memory_order_release,
                                                memory_order_acquire)) {
      if (before == 0)
        atomic_fetch_add_explicit(&l->used, 1, memory_order_relaxed);
      return n;
    }
  }
}

static unsigned level_number(const struct level *l) {
  return (unsigned)__builtin_ctzl((l->mask + 1) / FIRST_SLOTS) / GROWTH_SHIFT;
}

/* The level for new nodes: a larger one is made when the newest is half full.  NULL: there is no
 * memory for the first. */
static struct level *newest_level(void) {
  struct level *l = atomic_load_explicit(&path_newest, memory_order_acquire);
  bool none = l == (struct level *)no_level;
  if (!none && (atomic_load_explicit(&l->used, memory_order_relaxed) <= l->mask / 2 ||
                level_number(l) + 1 == LEVELS))
    return l;
  struct level *next = level_make(none ? 0 : level_number(l) + 1);
  if (next == NULL)
    return none ? NULL : l;
  atomic_compare_exchange_strong(&path_newest, &l, next);
  return next;
}

static struct node *find_in_older(const struct level *newest, const struct node *parent,
                                  uintptr_t address) {
  for (unsigned i = level_number(newest); i-- > 0;) {
    struct level *l = atomic_load_explicit(&paths.level[i], memory_order_acquire);
    _Atomic slot_t *empty;
    struct node *n = l == NULL ? NULL : level_find(l, parent, address, &empty);
    if (n != NULL)
      return n;
  }
  return NULL;
}

/* Enters the child in its parent if it is the first of its way, else in the level.  The first one
 * is never replaced: the parent's cache line would move between processors each time.  Returns the
 * node that is entered for this address: the child, or another thread's. */
static struct node *enter_child(struct level *l, struct node *parent, struct node *child) {
  _Atomic(struct node *) *way = &parent->children[node_way(child->address)];
  struct node *first = atomic_load_explicit(way, memory_order_acquire);
  if (first == &no_child && atomic_compare_exchange_strong(way, &first, child))
    return child;
  return first->address == child->address ? first : level_add(l, child);
}

/* While no child of its way is entered, a node has no such child (or another thread is making it,
 * which enter_child sees).  Most new nodes follow another new one, so that they need no search. */
static struct node *find_child(struct level *newest, const struct node *parent, uintptr_t address) {
  _Atomic slot_t *empty;
  struct node *n = atomic_load_explicit(&parent->children[node_way(address)], memory_order_acquire);
  if (n == &no_child)
    return NULL;
  if (n->address == address)
    return n;
  n = level_find(newest, parent, address, &empty);
  return n != NULL ? n : find_in_older(newest, parent, address);
}

struct node *path_child(struct node *parent, uintptr_t address, enum node_kind kind) {
  struct level *l = newest_level();
  if (l == NULL)
    return NULL;
  struct node *n = find_child(l, parent, address);
  if (n == NULL)
    n = node_make(parent, address, kind);
  return n != NULL ? enter_child(l, parent, n) : NULL;
}

struct node *path_holder(uintptr_t address) {
  struct level *l = atomic_load_explicit(&path_newest, memory_order_acquire);
  struct node *n = path_peek(&path_root, address);
  if (n != NULL || l == (struct level *)no_level)
    return n;
  n = find_child(l, &path_root, address);
  return n != NULL ? enter_child(l, &path_root, n) : NULL;
}

struct rule path_rule(uintptr_t address) {
  const struct node *n = path_holder(address);
  struct rule unknown = {.kind = RULE_UNKNOWN};
  return n == NULL ? unknown : node_rule(n);
}

void path_copy_rule(struct node *n) {
  struct rule r = path_rule(n->address);
  __atomic_store(&n->rule, &r, __ATOMIC_RELAXED);
}

void path_set_rule(uintptr_t address, struct rule r) {
  struct node *holder = path_step(&path_root, address);
  if (holder != NULL)
    __atomic_store(&holder->rule, &r, __ATOMIC_RELAXED);
}

/* The number is n's last of all: a thread that vanishes in a fork before that leaves a number that
 * no request gets, and after that nothing to be done. */
uint32_t path_site(struct node *n) {
  uint32_t site = atomic_load_explicit(&n->site, memory_order_relaxed);
  if (likely(site != 0))
    return site;
  if (atomic_load_explicit(&paths.sites, memory_order_relaxed) >= SITES_MAX)
    return 0;
  uint32_t fresh = atomic_fetch_add(&paths.sites, 1);
  if (fresh >= SITES_MAX)
    return 0;
  struct node **page = part((_Atomic(void *) *)&paths.page[fresh / SITES_A_PAGE], SITE_PAGE_BYTES);
  if (page == NULL)
    return 0;
  struct node **of_site = &page[fresh % SITES_A_PAGE];
  __atomic_store_n(of_site, n, __ATOMIC_RELEASE);
  shown_node_site(n, fresh);
  if (atomic_compare_exchange_strong(&n->site, &site, fresh))
    return fresh;
  __atomic_store_n(of_site, NULL, __ATOMIC_RELAXED); /* another thread was faster */
  shown_node_site(n, site);
  return site;
}

struct node *path_node(unsigned number) {
  if (number == 0)
    return &path_root;
  if (number == NODES_MAX)
    return &path_outer;
  struct node *chunk =
      atomic_load_explicit(&paths.chunk[number / NODES_A_CHUNK], memory_order_acquire);
  if (chunk == NULL)
    return NULL;
  struct node *n = chunk + number % NODES_A_CHUNK;
  return __atomic_load_n(&n->parent, __ATOMIC_ACQUIRE) != NULL ? n : NULL;
}

struct node *path_site_node(uint32_t site) {
  struct node **page = atomic_load_explicit(&paths.page[site / SITES_A_PAGE], memory_order_acquire);
  return page == NULL ? NULL : __atomic_load_n(&page[site % SITES_A_PAGE], __ATOMIC_ACQUIRE);
}

/* ---- modules that leave and come back ---- */

/* Lists of the nodes of code, by where the code lies, so that those of a module are found without a
 * look at all nodes. */
static _Atomic uint32_t granule_list[GRANULES];
static size_t granule_of(uintptr_t address) { return (address / GRANULE_BYTES) % GRANULES; }

static uint32_t *granule_next(const struct node *n) {
  struct node *chunk =
      atomic_load_explicit(&paths.chunk[n->number / NODES_A_CHUNK], memory_order_relaxed);
  return (uint32_t *)(chunk + NODES_A_CHUNK) + n->number % NODES_A_CHUNK;
}

static void granule_add(struct node *n, uintptr_t address) {
  _Atomic uint32_t *head = &granule_list[granule_of(address)];
  uint32_t first = atomic_load_explicit(head, memory_order_relaxed);
  do
    __atomic_store_n(granule_next(n), first, __ATOMIC_RELAXED);
  while (!atomic_compare_exchange_weak_explicit(head, &first, n->number, memory_order_release,
                                                memory_order_relaxed));
}

/* Removes what a slot holds.  If the next slot is empty, this one becomes empty too, and with it
 * the removed ones before it; else searches must go past it.  A node that another thread puts
 * behind it just then may not be found again: the next capture makes a second one. */
static void empty_slot(struct level *l, size_t at) {
  atomic_store_explicit(&l->slot[at & l->mask], (slot_t)(uintptr_t)&no_child, memory_order_release);
  if (atomic_load_explicit(&l->slot[(at + 1) & l->mask], memory_order_acquire) != 0)
    return;
  for (;; at--) {
    slot_t p = (uintptr_t)&no_child;
    if (!atomic_compare_exchange_strong(&l->slot[at & l->mask], &p, 0))
      return;
    atomic_fetch_sub_explicit(&l->used, 1, memory_order_relaxed);
  }
}

/* A dead node's slots would make searches longer for the nodes that come to its address. */
static void remove_from_levels(const struct node *n) {
  uint64_t hash = path_hash(n->parent, n->address);
  slot_t mine = slot_make(n, hash), p = mine;
  for (unsigned i = 0; i < LEVELS; i++) {
    struct level *l = atomic_load_explicit(&paths.level[i], memory_order_acquire);
    for (size_t k = 0; l != NULL && k <= l->mask && p != 0; k++) {
      p = atomic_load_explicit(&l->slot[(slot_start(hash) + k) & l->mask], memory_order_relaxed);
      if (p != mine)
        continue;
      empty_slot(l, slot_start(hash) + k);
      break;
    }
    p = mine;
  }
}

static void mark_dead(struct node *n, unsigned module, uintptr_t start) {
  uintptr_t which = module < DEAD_LAST ? module : DEAD_LAST;
  uintptr_t offset = module < DEAD_LAST ? n->address - start : n->address;
  remove_from_levels(n);
  __atomic_store_n(&n->address, NODE_DEAD | which << ADDRESS_BITS | offset, __ATOMIC_RELAXED);
  shown_node_address(n);
}

uint32_t path_forget(unsigned module, uintptr_t start, uintptr_t end, bool *any) {
  size_t granules = (end - 1) / GRANULE_BYTES - start / GRANULE_BYTES + 1;
  uint32_t dead = 0;
  for (size_t i = 0; i < granules && i < GRANULES; i++) {
    _Atomic uint32_t *head = &granule_list[granule_of(start + i * GRANULE_BYTES)];
    for (uint32_t number = atomic_exchange(head, 0), next; number != 0; number = next) {
      struct node *n = path_node(number);
      next = *granule_next(n);
      if (n->address - start >= end - start) {
        granule_add(n, n->address);
        continue;
      }
      mark_dead(n, module, start);
      *granule_next(n) = dead;
      dead = number;
    }
  }
  *any = dead != 0;
  return module < DEAD_LAST ? dead : 0;
}

static void show_again(const struct node *n) {
  if (!shown_has_node(n))
    shown_node(n, shown_kind(n));
  if (n->site != 0)
    shown_node_site(n, n->site);
}

/* The numbers behind the last node are in the last chunk at most. */
void path_fork_child_shown(void) {
  unsigned nodes = path_nodes();
  for (unsigned i = 1; i < nodes; i++)
    if (path_node(i) != NULL)
      show_again(path_node(i));
  for (unsigned i = nodes; i < NODES_MAX && i % NODES_A_CHUNK != 0; i++)
    shown_forget_node(i);
}

void path_fork_child(void) {
  for (unsigned i = 0; i < GRANULES; i++)
    granule_list[i] = 0;
  for (unsigned i = 1; i < path_nodes(); i++) {
    struct node *n = path_node(i);
    if (n != NULL && node_is_frame(n) && (n->address & NODE_DEAD) == 0)
      granule_add(n, n->address);
  }
}

void path_revive(uint32_t first, uintptr_t start) {
  for (uint32_t number = first, next; number != 0; number = next) {
    struct node *n = path_node(number);
    next = *granule_next(n);
    uintptr_t address = start + node_address(n->address);
    __atomic_store_n(&n->address, address, __ATOMIC_RELAXED);
    shown_node_address(n);
    granule_add(n, address);
    struct level *l = newest_level();
    if (l != NULL)
      enter_child(l, n->parent, n);
  }
}
