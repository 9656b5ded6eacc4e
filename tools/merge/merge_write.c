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
  uint64_t next;     /* address for the next module */
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

/* Writes the item of a number as an item of the file, which is all zeros. */
typedef void putter(struct writing *w, uint32_t number, void *item);

/* A section: the items of a pool in order.  Returns the place of each number, to be freed. */
static uint32_t *section_put(struct writing *w, enum dump_section_id id, const struct pool *p,
                             comparer *compare, putter *put) {
  uint32_t *order = order_new(w, p, compare), *ranks = ranks_new(order, p->count);
  for (uint32_t i = 0; i < p->count; i++)
    put(w, order[i], image_add(&w->image, id));
  free(order);
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
static void module_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_module *from = ITEM(w, modules, merge_module, &number);
  uint64_t size = from->high > from->low ? from->high - from->low : 0;
  uint64_t start = w->next + from->low % PAGE;
  w->biases[number] = start - from->low;
  *(struct dump_module *)item = (struct dump_module){.start = start,
                                                     .end = start + size,
                                                     .bias = start - from->low,
                                                     .path = text_put(w, from->path),
                                                     .flags = from->here ? 0 : DUMP_MODULE_GONE};
  ((struct dump_module *)item)->build_id = text_put(w, from->build_id);
  w->next = (start + size + PAGE - 1) / PAGE * PAGE + PAGE;
}

static void modules_put(struct writing *w) {
  const struct pool *p = &w->m->modules;
  w->next = BASE;
  w->biases = must_zalloc((size_t)p->count + 1, sizeof *w->biases);
  w->modules = section_put(w, DUMP_MODULES, p, module_compare, module_put);
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

static void site_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_site *from = ITEM(w, sites, merge_site, &number);
  *(struct dump_site *)item = (struct dump_site){.node = w->nodes[from->node],
                                                 .kind = from->kind,
                                                 .resident_bytes = from->sum.resident_bytes,
                                                 .swapped_bytes = from->sum.swapped_bytes};
}

static int arena_compare(const void *a, const void *b, void *writing) {
  PAIR(arenas, merge_arena);
  return text_compare(w, x->name, y->name);
}

/* Numbered by their names. */
static void arena_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_arena *from = ITEM(w, arenas, merge_arena, &number);
  struct dump_arena *a = item;
  *a = from->sum;
  a->number = (uint32_t)image_items(&w->image, DUMP_ARENAS) - 1;
  a->name = text_put(w, from->name);
  a->flags |= from->count > 1 ? DUMP_ARENA_PEAK_BOUND : 0;
}

static int account_compare(const void *a, const void *b, void *writing) {
  PAIR(accounts, merge_account);
  int order = less(w->arenas[x->arena], w->arenas[y->arena]);
  return order != 0 ? order : less(w->sites[x->site], w->sites[y->site]);
}

/* What free cells are pinned is not known of some of them: then it counts for none. */
static void account_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_account *from = ITEM(w, accounts, merge_account, &number);
  struct dump_account *a = item;
  *a = from->sum;
  a->arena = w->arenas[from->arena];
  a->site = w->sites[from->site];
  if ((w->m->process.flags & DUMP_OF_RECORD) || w->m->process.sample_bytes > 0)
    a->pinned_bytes = 0;
}

/* The index of an arena + 1; 0: none. */
static uint32_t arena_index(const struct writing *w, uint32_t arena) {
  return arena == 0 ? 0 : w->arenas[arena - 1] + 1;
}

static int map_account_compare(const void *a, const void *b, void *writing) {
  PAIR(map_accounts, merge_map_account);
  int order = less(arena_index(w, x->arena), arena_index(w, y->arena));
  return order != 0 ? order : less(w->sites[x->site], w->sites[y->site]);
}

static void map_account_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_map_account *from = ITEM(w, map_accounts, merge_map_account, &number);
  struct dump_map_account *a = item;
  *a = from->sum;
  a->arena = arena_index(w, from->arena);
  a->site = w->sites[from->site];
}

/* ---- regions, mappings, classes, ledger, health ---- */

static int region_compare(const void *a, const void *b, void *writing) {
  PAIR(regions, merge_region);
  int order = text_compare(w, x->name, y->name);
  if (order == 0)
    order = less(w->nodes[x->node], w->nodes[y->node]);
  return order != 0 ? order : less(x->state, y->state);
}

static void region_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_region *from = ITEM(w, regions, merge_region, &number);
  struct dump_region *r = item;
  *r = from->sum;
  r->name = text_put(w, from->name);
  r->node = w->nodes[from->node];
  r->state = from->state;
}

static int mapping_compare(const void *a, const void *b, void *writing) {
  PAIR(mappings, merge_mapping);
  int order = less(x->kind, y->kind);
  return order != 0 ? order : text_compare(w, x->name, y->name);
}

static void mapping_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_mapping *from = ITEM(w, mappings, merge_mapping, &number);
  struct dump_mapping *m = item;
  *m = from->sum;
  m->kind = from->kind;
  m->name = text_put(w, from->name);
}

static int class_compare(const void *a, const void *b, void *writing) {
  PAIR(classes, merge_class);
  return less(x->cell_bytes, y->cell_bytes);
}

static void class_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_class *from = ITEM(w, classes, merge_class, &number);
  struct dump_class *c = item;
  *c = from->sum;
  c->cell_bytes = from->cell_bytes;
}

static int ledger_compare(const void *a, const void *b, void *writing) {
  PAIR(ledger, merge_ledger);
  int order = less(x->kind, y->kind);
  if (order == 0)
    order = less(x->place, y->place);
  return order != 0 ? order : text_compare(w, x->name, y->name);
}

static void ledger_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_ledger *from = ITEM(w, ledger, merge_ledger, &number);
  *(struct dump_ledger *)item = (struct dump_ledger){
      .name = text_put(w, from->name), .kind = from->kind, .bytes = from->bytes};
}

static int health_compare(const void *a, const void *b, void *writing) {
  PAIR(health, merge_health);
  int order = less(x->place, y->place);
  return order != 0 ? order : text_compare(w, x->name, y->name);
}

static void health_put(struct writing *w, uint32_t number, void *item) {
  const struct merge_health *from = ITEM(w, health, merge_health, &number);
  *(struct dump_health *)item = (struct dump_health){
      .name = text_put(w, from->name), .flags = from->flags, .count = from->count};
}

static void all_put(struct writing *w) {
  const struct merge *m = w->m;
  process_put(w);
  modules_put(w);
  nodes_put(w);
  w->sites = section_put(w, DUMP_SITES, &m->sites, site_compare, site_put);
  w->arenas = section_put(w, DUMP_ARENAS, &m->arenas, arena_compare, arena_put);
  free(section_put(w, DUMP_ACCOUNTS, &m->accounts, account_compare, account_put));
  free(section_put(w, DUMP_MAPS_BY_SITE, &m->map_accounts, map_account_compare, map_account_put));
  free(section_put(w, DUMP_REGIONS, &m->regions, region_compare, region_put));
  free(section_put(w, DUMP_MAPPINGS, &m->mappings, mapping_compare, mapping_put));
  free(section_put(w, DUMP_CLASSES, &m->classes, class_compare, class_put));
  free(section_put(w, DUMP_LEDGER, &m->ledger, ledger_compare, ledger_put));
  free(section_put(w, DUMP_HEALTH, &m->health, health_compare, health_put));
}

unsigned char *merge_end(struct merge *m, size_t *bytes) {
  struct writing w = {.m = m};
  w.texts = must_zalloc((size_t)trie_texts(m->texts) + 1, sizeof *w.texts);
  image_begin(&w.image);
  all_put(&w);
  uint32_t *ranks[] = {w.texts, w.modules, w.nodes, w.sites, w.arenas};
  for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
    free(ranks[i]);
  free(w.biases);
  merge_free(m);
  unsigned char *file = image_end(&w.image, bytes);
  image_free(&w.image);
  return file;
}
