/* The sums as a dump; contract in merge.h.
 *
 * Whatever the order in which they were added, items have one order here:
 *   modules by path and build-id; nodes by depth, parent, module and offset, or text; sites by
 *   node; arenas by name, numbered so; accounts by arena and site; lines of the ledger and of
 *   health as the dumps had them, by name where these differ
 * Each section's order is a list of numbers of its pool; ranks say where a number went.
 */
#include "image.h"
#include "merge_parts.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, BASE = 0x400000 };

struct writing {
  struct merge *m;
  struct image image;
  uint32_t *texts;   /* of each text: its offset; 0: not written yet, or "" */
  uint32_t *modules; /* of each module: its index + 1 */
  uint64_t *biases;  /* of each module */
  uint32_t *nodes, *sites, *arenas;
};

typedef int comparer(const void *a, const void *b, void *writing);

static int less(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int text_compare(const struct writing *w, uint32_t a, uint32_t b) {
  return a == b ? 0 : strcmp(w->m->texts->texts[a], w->m->texts->texts[b]);
}

/* The numbers of a pool in order; to be freed. */
static uint32_t *order_new(struct writing *w, const struct pool *p, comparer *compare) {
  uint32_t *order = must_alloc(((size_t)p->count + 1) * sizeof *order);
  for (uint32_t i = 0; i < p->count; i++)
    order[i] = i;
  if (p->count > 0)
    qsort_r(order, p->count, sizeof *order, compare, w);
  return order;
}

/* Of each number, its place in the order; to be freed. */
static uint32_t *ranks_new(const uint32_t *order, uint32_t count) {
  uint32_t *ranks = must_alloc(((size_t)count + 1) * sizeof *ranks);
  for (uint32_t i = 0; i < count; i++)
    ranks[order[i]] = i;
  return ranks;
}

#define ITEM(w, pool, type, number) ((struct type *)pool_item(&(w)->m->pool, *(number)))
/* Two items of a pool, by the numbers that a comparer gets. */
#define PAIR(pool, type)                                                                           \
  struct writing *w = writing;                                                                     \
  const struct type *x = ITEM(w, pool, type, (const uint32_t *)a),                                 \
                    *y = ITEM(w, pool, type, (const uint32_t *)b)

static uint32_t text_put(struct writing *w, uint32_t text) {
  if (w->texts[text] == 0)
    w->texts[text] = image_text(&w->image, w->m->texts->texts[text], UINT32_MAX);
  return w->texts[text];
}

/* ---- process ---- */

static void process_put(struct writing *w) {
  struct dump_process p = w->m->process;
  p.program = text_put(w, p.program);
  p.command = text_put(w, p.command);
  p.host = text_put(w, p.host);
  p.version = text_put(w, p.version);
  p.options = text_put(w, p.options);
  p.flags |= p.processes > 1 ? DUMP_PEAK_BOUND : 0;
  p.reason = DUMP_MERGED;
  *(struct dump_process *)image_add(&w->image, DUMP_PROCESS) = p;
}

/* ---- modules ---- */

static int module_compare(const void *a, const void *b, void *writing) {
  PAIR(modules, merge_module);
  int order = text_compare(w, x->path, y->path);
  if (order == 0)
    order = text_compare(w, x->build_id, y->build_id);
  if (order == 0)
    order = less(x->low, y->low);
  return order != 0 ? order : less(x->high, y->high);
}

/* One after the other, each at the place in a page that it has in its file. */
static void modules_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->modules, module_compare);
  uint64_t next = BASE;
  w->modules = ranks_new(order, w->m->modules.count);
  w->biases = must_zalloc((size_t)w->m->modules.count + 1, sizeof *w->biases);
  for (uint32_t i = 0; i < w->m->modules.count; i++) {
    const struct merge_module *from = ITEM(w, modules, merge_module, &order[i]);
    uint64_t size = from->high > from->low ? from->high - from->low : 0;
    uint64_t start = next + from->low % PAGE;
    w->biases[order[i]] = start - from->low;
    uint32_t path = text_put(w, from->path), id = text_put(w, from->build_id);
    *(struct dump_module *)image_add(&w->image, DUMP_MODULES) =
        (struct dump_module){.start = start,
                             .end = start + size,
                             .bias = start - from->low,
                             .path = path,
                             .build_id = id,
                             .flags = from->here ? 0 : DUMP_MODULE_GONE};
    next = (start + size + PAGE - 1) / PAGE * PAGE + PAGE;
  }
  free(order);
}

static uint32_t module_index(const struct writing *w, uint32_t module) {
  return module == 0 ? 0 : w->modules[module - 1] + 1;
}

/* ---- nodes ---- */

static int depth_compare(const void *a, const void *b, void *writing) {
  PAIR(nodes, merge_node);
  return less(x->depth, y->depth);
}

/* Of the same depth, when their parents have their ranks. */
static int node_compare(const void *a, const void *b, void *writing) {
  PAIR(nodes, merge_node);
  int order = less(w->nodes[x->parent], w->nodes[y->parent]);
  if (order == 0)
    order = less(x->kind, y->kind);
  if (order == 0)
    order = less(module_index(w, x->module), module_index(w, y->module));
  if (order != 0 || x->kind == DUMP_NODE_FRAME)
    return order != 0 ? order : less(x->value, y->value);
  return text_compare(w, (uint32_t)x->value, (uint32_t)y->value);
}

/* Level by level from the root. */
static uint32_t *nodes_order(struct writing *w) {
  uint32_t count = w->m->nodes.count, *order = order_new(w, &w->m->nodes, depth_compare);
  w->nodes = must_zalloc((size_t)count + 1, sizeof *w->nodes);
  for (uint32_t first = 0, end; first < count; first = end) {
    uint32_t depth = ITEM(w, nodes, merge_node, &order[first])->depth;
    for (end = first; end < count && ITEM(w, nodes, merge_node, &order[end])->depth == depth;)
      end++;
    qsort_r(order + first, end - first, sizeof *order, node_compare, w);
    for (uint32_t i = first; i < end; i++)
      w->nodes[order[i]] = i;
  }
  return order;
}

static void node_put(struct writing *w, const struct merge_node *from) {
  bool frame = from->kind == DUMP_NODE_FRAME;
  uint32_t module = from->kind == DUMP_NODE_FUNCTION ? from->of : from->module;
  uint64_t value =
      frame ? from->value + w->biases[from->module - 1] : text_put(w, (uint32_t)from->value);
  *(struct dump_node *)image_add(&w->image, DUMP_NODES) =
      (struct dump_node){.parent = w->nodes[from->parent],
                         .module = module_index(w, module),
                         .address = value,
                         .kind = from->kind};
}

static void nodes_put(struct writing *w) {
  uint32_t *order = nodes_order(w);
  image_add(&w->image, DUMP_NODES);
  for (uint32_t i = 1; i < w->m->nodes.count; i++)
    node_put(w, ITEM(w, nodes, merge_node, &order[i]));
  free(order);
}

/* ---- sites, arenas, accounts ---- */

static int site_compare(const void *a, const void *b, void *writing) {
  PAIR(sites, merge_site);
  int order = less(w->nodes[x->node], w->nodes[y->node]);
  return order != 0 ? order : less(x->kind, y->kind);
}

static void sites_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->sites, site_compare);
  w->sites = ranks_new(order, w->m->sites.count);
  for (uint32_t i = 0; i < w->m->sites.count; i++) {
    const struct merge_site *from = ITEM(w, sites, merge_site, &order[i]);
    *(struct dump_site *)image_add(&w->image, DUMP_SITES) =
        (struct dump_site){.node = w->nodes[from->node],
                           .kind = from->kind,
                           .resident_bytes = from->sum.resident_bytes,
                           .swapped_bytes = from->sum.swapped_bytes};
  }
  free(order);
}

static int arena_compare(const void *a, const void *b, void *writing) {
  PAIR(arenas, merge_arena);
  return text_compare(w, x->name, y->name);
}

static void arenas_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->arenas, arena_compare);
  w->arenas = ranks_new(order, w->m->arenas.count);
  for (uint32_t i = 0; i < w->m->arenas.count; i++) {
    const struct merge_arena *from = ITEM(w, arenas, merge_arena, &order[i]);
    struct dump_arena a = from->sum;
    a.number = i;
    a.name = text_put(w, from->name);
    a.flags |= from->count > 1 ? DUMP_ARENA_PEAK_BOUND : 0;
    *(struct dump_arena *)image_add(&w->image, DUMP_ARENAS) = a;
  }
  free(order);
}

static int account_compare(const void *a, const void *b, void *writing) {
  PAIR(accounts, merge_account);
  int order = less(w->arenas[x->arena], w->arenas[y->arena]);
  return order != 0 ? order : less(w->sites[x->site], w->sites[y->site]);
}

/* What free cells are pinned is not known of some of them: then it counts for none. */
static void accounts_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->accounts, account_compare);
  for (uint32_t i = 0; i < w->m->accounts.count; i++) {
    const struct merge_account *from = ITEM(w, accounts, merge_account, &order[i]);
    struct dump_account a = from->sum;
    a.arena = w->arenas[from->arena];
    a.site = w->sites[from->site];
    if ((w->m->process.flags & DUMP_OF_RECORD) || w->m->process.sample_bytes > 0)
      a.pinned_bytes = 0;
    *(struct dump_account *)image_add(&w->image, DUMP_ACCOUNTS) = a;
  }
  free(order);
}

static int map_account_compare(const void *a, const void *b, void *writing) {
  PAIR(map_accounts, merge_map_account);
  int order = less(x->arena == 0 ? 0 : w->arenas[x->arena - 1] + 1,
                   y->arena == 0 ? 0 : w->arenas[y->arena - 1] + 1);
  return order != 0 ? order : less(w->sites[x->site], w->sites[y->site]);
}

static void map_accounts_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->map_accounts, map_account_compare);
  for (uint32_t i = 0; i < w->m->map_accounts.count; i++) {
    const struct merge_map_account *from = ITEM(w, map_accounts, merge_map_account, &order[i]);
    struct dump_map_account a = from->sum;
    a.arena = from->arena == 0 ? 0 : w->arenas[from->arena - 1] + 1;
    a.site = w->sites[from->site];
    *(struct dump_map_account *)image_add(&w->image, DUMP_MAPS_BY_SITE) = a;
  }
  free(order);
}

/* ---- regions, mappings, classes, ledger, health ---- */

static int region_compare(const void *a, const void *b, void *writing) {
  PAIR(regions, merge_region);
  int order = text_compare(w, x->name, y->name);
  if (order == 0)
    order = less(w->nodes[x->node], w->nodes[y->node]);
  return order != 0 ? order : less(x->state, y->state);
}

static void regions_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->regions, region_compare);
  for (uint32_t i = 0; i < w->m->regions.count; i++) {
    const struct merge_region *from = ITEM(w, regions, merge_region, &order[i]);
    struct dump_region r = from->sum;
    r.name = text_put(w, from->name);
    r.node = w->nodes[from->node];
    r.state = from->state;
    *(struct dump_region *)image_add(&w->image, DUMP_REGIONS) = r;
  }
  free(order);
}

static int mapping_compare(const void *a, const void *b, void *writing) {
  PAIR(mappings, merge_mapping);
  int order = less(x->kind, y->kind);
  return order != 0 ? order : text_compare(w, x->name, y->name);
}

static void mappings_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->mappings, mapping_compare);
  for (uint32_t i = 0; i < w->m->mappings.count; i++) {
    const struct merge_mapping *from = ITEM(w, mappings, merge_mapping, &order[i]);
    struct dump_mapping m = from->sum;
    m.kind = from->kind;
    m.name = text_put(w, from->name);
    *(struct dump_mapping *)image_add(&w->image, DUMP_MAPPINGS) = m;
  }
  free(order);
}

static int class_compare(const void *a, const void *b, void *writing) {
  PAIR(classes, merge_class);
  return less(x->cell_bytes, y->cell_bytes);
}

static void classes_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->classes, class_compare);
  for (uint32_t i = 0; i < w->m->classes.count; i++) {
    const struct merge_class *from = ITEM(w, classes, merge_class, &order[i]);
    struct dump_class c = from->sum;
    c.cell_bytes = from->cell_bytes;
    *(struct dump_class *)image_add(&w->image, DUMP_CLASSES) = c;
  }
  free(order);
}

static int ledger_compare(const void *a, const void *b, void *writing) {
  PAIR(ledger, merge_ledger);
  int order = less(x->kind, y->kind);
  if (order == 0)
    order = less(x->place, y->place);
  return order != 0 ? order : text_compare(w, x->name, y->name);
}

static void ledger_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->ledger, ledger_compare);
  for (uint32_t i = 0; i < w->m->ledger.count; i++) {
    const struct merge_ledger *from = ITEM(w, ledger, merge_ledger, &order[i]);
    uint32_t name = text_put(w, from->name);
    *(struct dump_ledger *)image_add(&w->image, DUMP_LEDGER) =
        (struct dump_ledger){.name = name, .kind = from->kind, .bytes = from->bytes};
  }
  free(order);
}

static int health_compare(const void *a, const void *b, void *writing) {
  PAIR(health, merge_health);
  int order = less(x->place, y->place);
  return order != 0 ? order : text_compare(w, x->name, y->name);
}

static void health_put(struct writing *w) {
  uint32_t *order = order_new(w, &w->m->health, health_compare);
  for (uint32_t i = 0; i < w->m->health.count; i++) {
    const struct merge_health *from = ITEM(w, health, merge_health, &order[i]);
    uint32_t name = text_put(w, from->name);
    *(struct dump_health *)image_add(&w->image, DUMP_HEALTH) =
        (struct dump_health){.name = name, .flags = from->flags, .count = from->count};
  }
  free(order);
}

unsigned char *merge_end(struct merge *m, size_t *bytes) {
  struct writing w = {.m = m};
  w.texts = must_zalloc((size_t)trie_texts(m->texts) + 1, sizeof *w.texts);
  image_begin(&w.image);
  process_put(&w);
  modules_put(&w);
  nodes_put(&w);
  sites_put(&w);
  arenas_put(&w);
  accounts_put(&w);
  map_accounts_put(&w);
  regions_put(&w);
  mappings_put(&w);
  classes_put(&w);
  ledger_put(&w);
  health_put(&w);
  uint32_t *ranks[] = {w.texts, w.modules, w.nodes, w.sites, w.arenas};
  for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
    free(ranks[i]);
  free(w.biases);
  merge_free(m);
  unsigned char *file = image_end(&w.image, bytes);
  image_free(&w.image);
  return file;
}
