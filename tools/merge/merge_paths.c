/* Modules and call paths of a dump, found again among others'; contract in merge_parts.h. */
#include "merge_parts.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* What frames of no module show: code that was made while the program ran, for the most part. */
static const char no_module[] = "code of no file";

/* ---- modules ---- */

static struct merge_module module_key(struct merge *m, const struct dump *d,
                                      const struct dump_module *from) {
  struct merge_module key = {.build_id = merge_text(m, d, from->build_id)};
  if (*dump_bytes(d, from->build_id) == '\0') {
    key.path_key = merge_text(m, d, from->path);
    key.low_key = from->start - from->bias;
    key.high_key = from->end - from->bias;
  }
  return key;
}

static void module_join(struct merge *m, struct merge_module *to, const struct dump *d,
                        const struct dump_module *from) {
  uint64_t low = from->start - from->bias, high = from->end - from->bias;
  const char *path = dump_bytes(d, from->path);
  if (!to->seen || strcmp(path, m->texts->texts[to->path]) < 0)
    to->path = trie_text(m->texts, path);
  to->low = !to->seen || low < to->low ? low : to->low;
  to->high = !to->seen || high > to->high ? high : to->high;
  to->here |= !(from->flags & DUMP_MODULE_GONE);
  to->seen = true;
}

/* Of each of the dump's modules, the module here, as nodes name it; to be freed. */
static uint32_t *modules_map(struct merge *m, const struct dump *d) {
  uint32_t *map = must_zalloc((size_t)d->n_modules + 1, sizeof *map);
  for (uint32_t i = 0; i < d->n_modules; i++) {
    struct merge_module key = module_key(m, d, &d->modules[i]);
    uint32_t number = pool_get(&m->modules, &key);
    module_join(m, pool_item(&m->modules, number), d, &d->modules[i]);
    map[i + 1] = number + 1;
  }
  return map;
}

/* By keys, which never change. */
static bool module_is_less(const struct merge *m, uint32_t a, uint32_t b) {
  const struct merge_module *x = pool_item(&m->modules, a - 1), *y = pool_item(&m->modules, b - 1);
  int order = strcmp(m->texts->texts[x->build_id], m->texts->texts[y->build_id]);
  if (order == 0)
    order = strcmp(m->texts->texts[x->path_key], m->texts->texts[y->path_key]);
  if (order != 0)
    return order < 0;
  return x->low_key != y->low_key ? x->low_key < y->low_key : x->high_key < y->high_key;
}

/* ---- nodes ---- */

static uint32_t node_get(struct merge *m, const struct merge_node *key) {
  uint32_t depth = ((struct merge_node *)pool_item(&m->nodes, key->parent))->depth + 1;
  if (depth > DUMP_DEPTH_MAX)
    return key->parent;
  uint32_t number = pool_get(&m->nodes, key);
  ((struct merge_node *)pool_item(&m->nodes, number))->depth = depth;
  return number;
}

uint32_t merge_label(struct merge *m, uint32_t node, uint32_t text) {
  if (text == 0)
    return node;
  return node_get(m, &(struct merge_node){.parent = node, .kind = DUMP_NODE_LABEL, .value = text});
}

static uint32_t function_get(struct merge *m, uint32_t parent, uint32_t text, uint32_t module) {
  uint32_t number = node_get(
      m, &(struct merge_node){.parent = parent, .kind = DUMP_NODE_FUNCTION, .value = text});
  struct merge_node *n = pool_item(&m->nodes, number);
  if (n->kind == DUMP_NODE_FUNCTION && module != 0 &&
      (n->of == 0 || module_is_less(m, module, n->of)))
    n->of = module;
  return number;
}

/* One label stands for all such frames that follow each other: how many they are differs, too. */
static uint32_t stranger_get(struct merge *m, uint32_t parent) {
  uint32_t text = trie_text(m->texts, no_module);
  const struct merge_node *p = pool_item(&m->nodes, parent);
  bool same = p->kind == DUMP_NODE_LABEL && p->value == text && parent != 0;
  return same ? parent : merge_label(m, parent, text);
}

/* A dump whose nodes are being found. */
struct finding {
  struct merge *m;
  const struct dump *d;
  const struct names *names;
  const uint32_t *modules;
};

static uint32_t frame_get(const struct finding *f, uint32_t parent, const struct dump_node *n) {
  uint64_t bias = n->module != 0 ? f->d->modules[n->module - 1].bias : 0;
  if (n->module == 0)
    return stranger_get(f->m, parent);
  return node_get(f->m, &(struct merge_node){.parent = parent,
                                             .kind = DUMP_NODE_FRAME,
                                             .module = f->modules[n->module],
                                             .value = n->address - bias});
}

/* The functions at a frame, innermost first; where none is known, the frame itself. */
static uint32_t functions_get_all(const struct finding *f, uint32_t parent, uint32_t node) {
  uint32_t count, at = parent, module = f->modules[f->d->nodes[node].module];
  const struct call *calls = names_calls(f->names, node, &count);
  for (uint32_t i = 0; i < count; i++)
    if (calls[i].function != NULL)
      at = function_get(f->m, at, trie_text(f->m->texts, calls[i].function->name), module);
  return at == parent ? frame_get(f, parent, &f->d->nodes[node]) : at;
}

static uint32_t node_find(const struct finding *f, uint32_t parent, uint32_t node) {
  const struct dump_node *n = &f->d->nodes[node];
  if (n->kind == DUMP_NODE_LABEL)
    return merge_label(f->m, parent, merge_text(f->m, f->d, n->address));
  if (n->kind == DUMP_NODE_FUNCTION)
    return function_get(f->m, parent, merge_text(f->m, f->d, n->address), f->modules[n->module]);
  return f->names != NULL ? functions_get_all(f, parent, node) : frame_get(f, parent, n);
}

static void path_mark(const struct dump *d, uint32_t node, bool *used) {
  for (; node != 0 && !used[node]; node = d->nodes[node].parent)
    used[node] = true;
}

/* The nodes that something is counted at. */
static bool *nodes_used(const struct dump *d) {
  bool *used = must_zalloc((size_t)d->n_nodes + 1, sizeof *used);
  for (uint32_t i = 0; i < d->n_accounts; i++)
    path_mark(d, d->sites[d->accounts[i].site].node, used);
  for (uint32_t i = 0; i < d->n_map_accounts; i++)
    path_mark(d, d->sites[d->map_accounts[i].site].node, used);
  for (uint32_t i = 0; i < d->n_regions; i++)
    path_mark(d, d->regions[i].node, used);
  return used;
}

uint32_t *merge_nodes(struct merge *m, const struct dump *d, const struct merge_how *how) {
  uint32_t *map = must_zalloc((size_t)d->n_nodes + 1, sizeof *map), *modules = modules_map(m, d);
  bool *used = nodes_used(d);
  struct finding f = {.m = m, .d = d, .names = how->names, .modules = modules};
  for (uint32_t i = 1; i < d->n_nodes; i++)
    if (used[i])
      map[i] = node_find(&f, map[d->nodes[i].parent], i);
  free(used);
  free(modules);
  return map;
}
