/* Builds the folded, merged paths; contract in paths.h.
 *
 * While only wrappers were seen a node is "open": it adds nothing to its path, unless a site ends
 * there, for then the outermost wrapper is all there is to show.
 */
#include "paths.h"
#include "cuts.h"
#include "made.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* What makes a path: it is looked up by this. */
struct key {
  uint32_t parent;
  uint32_t kind;    /* FRAME_...: so that these don't meet */
  uint64_t frame;   /* an address, or a function, or a label's text */
  const char *file; /* of FRAME_LINE; texts are kept once, so that pointers can be compared */
  const char *type; /* kept once, too; NULL: none */
  uint32_t line;    /* of FRAME_LINE; of FRAME_ADDRESS which function there */
  uint32_t module;  /* of an address: modules that left may have stood at the same one */
};
enum { FRAME_ADDRESS, FRAME_FUNCTION, FRAME_LINE, FRAME_LABEL, FRAME_CUT };

/* A frame that is about to be added. */
struct added {
  uint32_t node, index; /* which of the calls there */
  const struct call *call;
  const char *type; /* NULL: none */
  bool label;
};

/* What a node's path has shown so far. */
struct progress {
  bool open; /* wrappers alone */
  bool own;  /* a function of the program's own: its type is known, or never will be */
  struct made made;
};

struct build {
  const struct dump *dump;
  const struct names *names;
  enum paths_merge merge;
  struct paths *paths;
  struct key *keys; /* of each path */
  uint32_t *slots;  /* hash table of path indices, 0: free */
  uint32_t mask;
  struct made_lone *lone;
  struct progress *progress; /* of each node */
  bool *cut;                 /* of each node (cuts.h); NULL: not to be shown */
};

static uint32_t key_hash(const struct key *k) {
  uint64_t h = (k->frame ^ ((uint64_t)k->parent << 32 | k->kind)) * UINT64_C(0x9E3779B97F4A7C15);
  h = (h ^ h >> 29 ^ (uintptr_t)k->file ^ (uintptr_t)k->type << 1) * UINT64_C(0xBF58476D1CE4E5B9) +
      k->line;
  h = (h ^ h >> 32) * UINT64_C(0x94D049BB133111EB);
  return (uint32_t)(h >> 32);
}

static bool key_equal(const struct key *a, const struct key *b) {
  return a->parent == b->parent && a->frame == b->frame && a->kind == b->kind &&
         a->file == b->file && a->type == b->type && a->line == b->line && a->module == b->module;
}

/* Whether a frame is in the program's own source: that line is what its author looks for. */
static bool is_own(const struct build *b, const struct added *a) {
  uint32_t module = b->dump->nodes[a->node].module;
  return !a->label && a->call->file != NULL && a->call->line > 0 &&
         !is_system_source(a->call->file) && module != 0 &&
         !is_system_library(dump_text(b->dump, b->dump->modules[module - 1].path));
}

static struct key key_of(const struct build *b, uint32_t parent, const struct added *a) {
  const struct path *inner = &b->paths->items[parent];
  bool merged = b->merge != PATHS_CALLS, near = b->merge == PATHS_LINES || !inner->own;
  const struct dump_node *n = &b->dump->nodes[a->node];
  const struct call *c = a->call;
  struct key k = {.parent = parent, .frame = (uintptr_t)c->function, .type = a->type};
  if (a->label) {
    k.kind = FRAME_LABEL;
    k.frame = n->address;
  } else if (merged && near && c->file != NULL && c->line > 0) {
    k.kind = FRAME_LINE;
    k.file = c->file;
    k.line = c->line;
  } else if (merged && c->function != NULL && inner->inner != 0) {
    k.kind = FRAME_FUNCTION;
  } else {
    k.kind = FRAME_ADDRESS;
    k.frame = n->address;
    k.line = a->index;
    k.module = n->module;
  }
  return k;
}

static uint32_t path_add(struct build *b, const struct key *k, const struct added *a) {
  struct paths *p = b->paths;
  const struct path *parent = &p->items[k->parent];
  b->keys[p->count] = *k;
  p->items[p->count] =
      (struct path){.parent = k->parent,
                    .node = a->node,
                    .call = a->index,
                    .type = a->type,
                    .inner = parent->inner == 0 && !a->label ? a->node : parent->inner,
                    .depth = (uint16_t)(parent->depth + 1),
                    .near = b->merge == PATHS_LINES || !parent->own,
                    .own = parent->own || is_own(b, a)};
  return p->count++;
}

static uint32_t key_get(struct build *b, const struct key *k, const struct added *a) {
  uint32_t slot = key_hash(k) & b->mask;
  for (; b->slots[slot] != 0; slot = (slot + 1) & b->mask)
    if (key_equal(&b->keys[b->slots[slot]], k))
      return b->slots[slot];
  return b->slots[slot] = path_add(b, k, a);
}

static uint32_t path_get(struct build *b, uint32_t parent, const struct added *a) {
  if (b->paths->items[parent].depth >= PATH_DEPTH_MAX)
    return parent;
  struct key k = key_of(b, parent, a);
  return key_get(b, &k, a);
}

/* The node's path, and what stands for the callers that were cut off it, if any were. */
static uint32_t cut_get(struct build *b, uint32_t node, uint32_t path) {
  if (b->cut == NULL || !b->cut[node])
    return path;
  struct key k = {.parent = path, .kind = FRAME_CUT};
  uint32_t cut = key_get(b, &k, &(struct added){.node = node, .label = true});
  b->paths->items[cut].cut = true;
  return cut;
}

static void label_add(struct build *b, uint32_t i) {
  const struct dump_node *n = &b->dump->nodes[i];
  struct added a = {.node = i, .label = true};
  uint32_t count;
  a.call = names_calls(b->names, i, &count);
  b->progress[i] = b->progress[n->parent];
  b->paths->of_node[i] = path_get(b, b->paths->of_node[n->parent], &a);
}

static bool is_own_function(const struct build *b, const struct added *a) {
  const struct call *c = a->call;
  return is_own(b, a) ||
         frame_is_own(b->dump,
                      &(struct frame){.function = c->function != NULL ? c->function->name : NULL,
                                      .file = c->line > 0 ? c->file : NULL,
                                      .module = b->dump->nodes[a->node].module});
}

/* The type that a frame shows, if it is the first of the program's own. */
static const char *type_take(const struct build *b, struct progress *p, const struct added *a) {
  if (p->own)
    return NULL;
  p->own = !p->open && is_own_function(b, a);
  if (p->own)
    return p->made.stage == MADE_RAW && a->index == 0 ? a->call->made : made_type(&p->made);
  made_step(&p->made, b->lone, a->call);
  return NULL;
}

static void node_add(struct build *b, uint32_t i) {
  const struct dump_node *n = &b->dump->nodes[i];
  uint32_t path = b->paths->of_node[n->parent], count;
  const struct call *calls = names_calls(b->names, i, &count);
  struct progress p = b->progress[n->parent];
  for (uint32_t at = 0; at < count; at++) {
    struct added a = {.node = i, .index = at, .call = &calls[at]};
    p.open = p.open && names_folds(b->names, i, a.call);
    a.type = type_take(b, &p, &a);
    if (!p.open)
      path = path_get(b, path, &a);
  }
  b->progress[i] = p;
  b->paths->of_node[i] = p.open ? path : cut_get(b, i, path);
}

/* Sites (and regions) with nothing but wrappers show the last of them. */
static void end_add(struct build *b, uint32_t node) {
  uint32_t count, parent = b->paths->of_node[node];
  if (node == 0 || !b->progress[node].open || b->dump->nodes[node].kind == DUMP_NODE_LABEL)
    return;
  const struct call *calls = names_calls(b->names, node, &count);
  struct added last = {.node = node, .index = count - 1, .call = &calls[count - 1]};
  b->paths->of_node[node] = cut_get(b, node, path_get(b, parent, &last));
  b->progress[node].open = false;
}

static void build_all(struct build *b) {
  const struct dump *d = b->dump;
  b->progress[0].open = true;
  for (uint32_t i = 1; i < d->n_nodes; i++)
    if (d->nodes[i].kind == DUMP_NODE_LABEL)
      label_add(b, i);
    else
      node_add(b, i);
  for (uint32_t i = 0; i < d->n_sites; i++)
    end_add(b, d->sites[i].node);
  for (uint32_t i = 0; i < d->n_regions; i++)
    end_add(b, d->regions[i].node);
}

/* A node makes as many paths at most as it has calls, and one if it was cut; a root comes on top.
 */
static size_t room_of(const struct dump *d, const struct names *names, bool cuts) {
  size_t room = 1 + (cuts ? d->n_nodes : 0);
  for (uint32_t i = 0, count; i < d->n_nodes; i++, room += count)
    names_calls(names, i, &count);
  return room;
}

struct paths *paths_new(const struct dump *d, const struct names *names, enum paths_merge merge,
                        bool cuts) {
  size_t room = room_of(d, names, cuts), slots = 16;
  while (slots < room * 2)
    slots *= 2;
  struct paths *p = must_zalloc(1, sizeof *p);
  struct build b = {
      .dump = d, .names = names, .merge = merge, .paths = p, .mask = (uint32_t)(slots - 1)};
  p->items = must_zalloc(room, sizeof *p->items);
  p->of_node = must_zalloc((size_t)d->n_nodes + 1, sizeof *p->of_node);
  p->count = 1;
  p->cut = must_print("(cut at %u frame%s)", d->process->depth, d->process->depth == 1 ? "" : "s");
  b.keys = must_alloc(room * sizeof *b.keys);
  b.slots = must_zalloc(slots, sizeof *b.slots);
  b.progress = must_zalloc((size_t)d->n_nodes + 1, sizeof *b.progress);
  b.lone = made_lone_new(d, names);
  b.cut = cuts ? cuts_new(d, names) : NULL;
  build_all(&b);
  free(b.keys);
  free(b.slots);
  free(b.progress);
  free(b.cut);
  made_lone_free(b.lone);
  return p;
}

void paths_free(struct paths *p) {
  free(p->items);
  free(p->of_node);
  free(p->cut);
  free(p);
}

void paths_frame(const struct paths *p, const struct dump *d, const struct names *names,
                 uint32_t path, struct frame *frame) {
  const struct path *item = &p->items[path];
  const struct dump_node *n = &d->nodes[item->node];
  uint32_t count;
  if (item->cut) {
    *frame = (struct frame){.cut = p->cut};
    return;
  }
  const struct call *c = names_calls(names, item->node, &count) + item->call;
  bool label = n->kind == DUMP_NODE_LABEL, line = c->file != NULL && c->line > 0;
  *frame = (struct frame){.function = c->function != NULL ? c->function->name : NULL,
                          .label = label ? dump_text(d, n->address) : NULL,
                          .type = item->type,
                          .file = line ? c->file : NULL,
                          .line = line ? c->line : 0,
                          .module = n->module,
                          .address = label || n->kind == DUMP_NODE_FUNCTION ? 0 : n->address,
                          .start = c->start,
                          .inlined = item->call + 1 < count};
}

static void frame_print(const struct frame *f, const struct names *names, FILE *to) {
  if (f->cut != NULL)
    fputs(f->cut, to);
  else if (f->label != NULL)
    fprintf(to, "[%s]", f->label);
  else if (f->function != NULL)
    fputs(f->function, to);
  else
    names_print_address(names, f->module, f->address, to);
}

void paths_print_frame(const struct paths *p, const struct dump *d, const struct names *names,
                       uint32_t path, FILE *to) {
  struct frame f;
  paths_frame(p, d, names, path, &f);
  frame_print(&f, names, to);
}

static void near_print(const struct frame *f, bool innermost, FILE *to) {
  const char *base = f->file != NULL ? file_base(f->file) : "";
  if (f->file != NULL)
    fprintf(to, " (%s:%u)", *base != '\0' ? base : f->file, f->line);
  else if (innermost && f->function != NULL && f->start != 0)
    fprintf(to, "+0x%llx", (unsigned long long)(f->address - f->start));
}

void paths_print_place(const struct paths *p, const struct dump *d, const struct names *names,
                       uint32_t path, FILE *to) {
  const struct path *item = &p->items[path];
  struct frame f;
  paths_frame(p, d, names, path, &f);
  if (item->near)
    near_print(&f, p->items[item->parent].inner == 0 && f.label == NULL, to);
  if (item->type != NULL)
    fprintf(to, " [%s]", item->type);
}
