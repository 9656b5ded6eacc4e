/* Builds the folded, merged paths; contract in paths.h.
 *
 * While only wrappers were seen a node is "open": it adds nothing to its path, unless a site ends
 * there, for then the outermost wrapper is all there is to show.
 */
#include "paths.h"
#include "say.h"

#include <stdlib.h>

/* What makes a path: it is looked up by this. */
struct key {
  uint32_t parent;
  uint64_t frame;  /* an address, or a function, or a label's text */
  uint32_t kind;   /* FRAME_...: so that these don't meet */
  uint32_t module; /* of an address: modules that left may have stood at the same one */
};
enum { FRAME_ADDRESS, FRAME_FUNCTION, FRAME_LABEL };

struct build {
  const struct dump *dump;
  struct names *names;
  struct paths *paths;
  struct key *keys; /* of each path */
  uint32_t *slots;  /* hash table of path indices, 0: free */
  uint32_t mask;
  unsigned char *open; /* of each node */
};

static uint32_t key_hash(const struct key *k) {
  uint64_t h = (k->frame ^ ((uint64_t)k->parent << 32 | k->kind)) * UINT64_C(0x9E3779B97F4A7C15);
  h ^= h >> 29;
  return (uint32_t)((h * UINT64_C(0xBF58476D1CE4E5B9)) >> 32);
}

static bool key_equal(const struct key *a, const struct key *b) {
  return a->parent == b->parent && a->frame == b->frame && a->kind == b->kind &&
         a->module == b->module;
}

static uint32_t path_add(struct build *b, const struct key *k, uint32_t node) {
  struct paths *p = b->paths;
  uint32_t inner = p->items[k->parent].inner;
  if (inner == 0 && k->kind != FRAME_LABEL)
    inner = node;
  b->keys[p->count] = *k;
  p->items[p->count] = (struct path){.parent = k->parent, .node = node, .inner = inner};
  return p->count++;
}

static uint32_t path_get(struct build *b, const struct key *k, uint32_t node) {
  uint32_t slot = key_hash(k) & b->mask;
  for (; b->slots[slot] != 0; slot = (slot + 1) & b->mask)
    if (key_equal(&b->keys[b->slots[slot]], k))
      return b->slots[slot];
  return b->slots[slot] = path_add(b, k, node);
}

static struct key key_of(const struct build *b, uint32_t parent, const struct dump_node *n,
                         const struct function *f) {
  bool innermost = b->paths->items[parent].inner == 0;
  if (n->kind == DUMP_NODE_LABEL)
    return (struct key){.parent = parent, .frame = n->address, .kind = FRAME_LABEL};
  if (innermost || f == NULL)
    return (struct key){
        .parent = parent, .frame = n->address, .kind = FRAME_ADDRESS, .module = n->module};
  return (struct key){.parent = parent, .frame = (uintptr_t)f, .kind = FRAME_FUNCTION};
}

static void node_add(struct build *b, uint32_t i) {
  const struct dump_node *n = &b->dump->nodes[i];
  const struct function *f = names_function(b->names, n);
  uint32_t parent = b->paths->of_node[n->parent];
  bool label = n->kind == DUMP_NODE_LABEL;
  b->open[i] = b->open[n->parent] && (label || (f != NULL && f->folded));
  if (b->open[i] && !label) {
    b->paths->of_node[i] = parent;
    return;
  }
  struct key k = key_of(b, parent, n, f);
  b->paths->of_node[i] = path_get(b, &k, i);
}

/* Sites (and regions) with nothing but wrappers show the last of them. */
static void end_add(struct build *b, uint32_t node) {
  const struct dump_node *n = &b->dump->nodes[node];
  if (node == 0 || !b->open[node] || n->kind == DUMP_NODE_LABEL)
    return;
  struct key k = key_of(b, b->paths->of_node[n->parent], n, NULL);
  b->paths->of_node[node] = path_get(b, &k, node);
  b->open[node] = 0;
}

static void build_all(struct build *b) {
  const struct dump *d = b->dump;
  b->open[0] = 1;
  for (uint32_t i = 1; i < d->n_nodes; i++)
    node_add(b, i);
  for (uint32_t i = 0; i < d->n_sites; i++)
    end_add(b, d->sites[i].node);
  for (uint32_t i = 0; i < d->n_regions; i++)
    end_add(b, d->regions[i].node);
}

/* A node makes one path at most, and a root comes on top. */
struct paths *paths_new(const struct dump *d, struct names *names) {
  size_t room = (size_t)d->n_nodes + 1, slots = 16;
  while (slots < room * 2)
    slots *= 2;
  struct paths *p = must_zalloc(1, sizeof *p);
  struct build b = {.dump = d, .names = names, .paths = p, .mask = (uint32_t)(slots - 1)};
  p->items = must_zalloc(room, sizeof *p->items);
  p->of_node = must_zalloc(room, sizeof *p->of_node);
  p->count = 1;
  b.keys = must_alloc(room * sizeof *b.keys);
  b.slots = must_zalloc(slots, sizeof *b.slots);
  b.open = must_zalloc(room, 1);
  build_all(&b);
  free(b.keys);
  free(b.slots);
  free(b.open);
  return p;
}

void paths_free(struct paths *p) {
  free(p->items);
  free(p->of_node);
  free(p);
}

void paths_frame(const struct paths *p, const struct dump *d, struct names *names, uint32_t path,
                 struct frame *frame) {
  const struct dump_node *n = &d->nodes[p->items[path].node];
  const struct function *f = names_function(names, n);
  bool label = n->kind == DUMP_NODE_LABEL;
  *frame = (struct frame){.function = f != NULL ? f->name : NULL,
                          .label = label ? dump_text(d, n->address) : NULL,
                          .module = n->module,
                          .address = label ? 0 : n->address};
}

void paths_print(const struct paths *p, const struct dump *d, struct names *names, uint32_t path,
                 FILE *to) {
  uint32_t frames[DUMP_DEPTH_MAX + 1] = {0}, n = 0;
  for (; path != PATH_ROOT && n <= DUMP_DEPTH_MAX; path = p->items[path].parent)
    frames[n++] = path;
  for (uint32_t i = n; i-- > 0;) {
    const struct path *frame = &p->items[frames[i]];
    bool innermost = frame->inner == frame->node;
    names_print(names, &d->nodes[frame->node], innermost, to);
    if (i > 0)
      fputs(" < ", to);
  }
}
