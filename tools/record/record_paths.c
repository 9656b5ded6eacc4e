/* Modules, call paths and call sites; contract in record_parts.h. */
#include "record_parts.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* Numbers above these were overwritten: they are the shim's limits. */
enum { MODULES_MOST = 1 << 20, NODES_MOST = 1 << 21, SITES_MOST = 1 << 23 };

/* Calls visit for each item of the pieces of that kind. */
static void each_item(struct record_work *w, uint32_t kind, size_t bytes,
                      void (*visit)(struct record_work *w, const void *item)) {
  for (unsigned i = 0; i < w->m->pieces; i++) {
    const struct memory_piece *p = &w->m->piece[i];
    for (size_t at = 0; p->kind == kind && at + bytes <= p->bytes; at += bytes)
      visit(w, p->at + at);
  }
}

/* The item of that index, which is added if it does not exist. */
static void *item_at(struct record_work *w, enum dump_section_id id, size_t index) {
  while (image_items(w->image, id) <= index)
    image_add(w->image, id);
  return image_item(w->image, id, index);
}

/* ---- modules ---- */

static uint32_t build_id(struct record_work *w, const struct record_module *m) {
  char hex[2 * sizeof m->build_id];
  size_t n = m->build_id_bytes < sizeof m->build_id ? m->build_id_bytes : sizeof m->build_id;
  for (size_t i = 0; i < n; i++) {
    hex[2 * i] = "0123456789abcdef"[m->build_id[i] >> 4];
    hex[2 * i + 1] = "0123456789abcdef"[m->build_id[i] & 15];
  }
  return image_text(w->image, hex, 2 * n);
}

static void module(struct record_work *w, const void *item) {
  struct record_module m;
  memcpy(&m, item, sizeof m);
  if (m.used != 1 || m.number >= MODULES_MOST)
    return;
  uint32_t path = image_text(w->image, memory_text(w->m, m.path_at, 4096), 4096);
  uint32_t id = build_id(w, &m);
  *(struct dump_module *)item_at(w, DUMP_MODULES, m.number) =
      (struct dump_module){.start = m.start,
                           .end = m.end,
                           .bias = m.bias,
                           .path = path,
                           .build_id = id,
                           .flags = m.gone != 0 ? DUMP_MODULE_GONE : 0};
}

/* ---- which module an address is of ---- */

struct record_span {
  uint64_t start, end;
  uint32_t module; /* index + 1 */
};

static int by_start(const void *a, const void *b) {
  uint64_t x = ((const struct record_span *)a)->start, y = ((const struct record_span *)b)->start;
  return x < y ? -1 : x > y;
}

static void make_spans(struct record_work *w) {
  size_t n = image_items(w->image, DUMP_MODULES);
  w->spans = must_zalloc(n + 1, sizeof *w->spans);
  w->n_spans = 0;
  for (size_t i = 0; i < n; i++) {
    const struct dump_module *m = image_item(w->image, DUMP_MODULES, i);
    if ((m->flags & DUMP_MODULE_GONE) == 0 && m->end > m->start)
      w->spans[w->n_spans++] = (struct record_span){m->start, m->end, (uint32_t)i + 1};
  }
  qsort(w->spans, w->n_spans, sizeof *w->spans, by_start);
}

/* The call lies before its return address. */
static uint32_t module_of(const struct record_work *w, uint64_t address) {
  const struct record_span *spans = w->spans;
  size_t low = 0, high = w->n_spans;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (spans[middle].start <= address - 1)
      low = middle + 1;
    else
      high = middle;
  }
  return low > 0 && address - 1 < spans[low - 1].end ? spans[low - 1].module : 0;
}

/* ---- nodes and sites ---- */

static void dead_frame(struct record_work *w, struct dump_node *to, uint64_t stored) {
  uint64_t offset = stored & ((UINT64_C(1) << RECORD_ADDRESS_BITS) - 1);
  uint32_t number = (uint32_t)(stored >> RECORD_ADDRESS_BITS) & RECORD_DEAD_LAST;
  bool known = number < RECORD_DEAD_LAST && number < image_items(w->image, DUMP_MODULES);
  to->module = known ? number + 1 : 0;
  to->address = offset;
  if (known)
    to->address += ((const struct dump_module *)image_item(w->image, DUMP_MODULES, number))->start;
}

static void set_node(struct record_work *w, struct dump_node *to, const struct record_node *n,
                     uint32_t text) {
  bool outer = n->kind == RECORD_NODE_OUTER;
  *to = (struct dump_node){.parent = n->parent, .kind = outer ? DUMP_NODE_OUTER : DUMP_NODE_FRAME};
  if (n->kind == RECORD_NODE_JOINT) {
    to->kind = DUMP_NODE_JOINT;
    to->address = n->address;
  } else if (n->kind != RECORD_NODE_FRAME && !outer) {
    to->kind = DUMP_NODE_LABEL;
    to->address = text;
  } else if (n->address & RECORD_NODE_DEAD) {
    dead_frame(w, to, n->address);
  } else {
    to->address = n->address;
    to->module = module_of(w, n->address);
  }
}

static uint32_t label(struct record_work *w, const struct record_node *n) {
  if (n->kind == RECORD_NODE_MARK)
    return image_text(w->image, RECORD_MARK_TEXT, 255);
  return n->kind == RECORD_NODE_LABEL
             ? image_text(w->image, memory_text(w->m, n->address, 256), 255)
             : 0;
}

/* Numbers are given in turn, so damaged ones are told by being far above the room for nodes; some
 * are taken and not used. */
static uint32_t numbers_most(const struct memory *m) {
  enum { UNUSED_MOST = 1 << 16 };
  uint64_t bytes = 0;
  for (unsigned i = 0; i < m->pieces; i++)
    bytes += m->piece[i].kind == RECORD_NODES ? m->piece[i].bytes : 0;
  uint64_t most = bytes / sizeof(struct record_node) + UNUSED_MOST;
  return most < NODES_MOST ? (uint32_t)most : NODES_MOST;
}

static void node(struct record_work *w, const void *item) {
  struct record_node n;
  memcpy(&n, item, sizeof n);
  if (n.kind == RECORD_NODE_NONE || n.number >= w->numbers_most || n.parent >= n.number)
    return;
  uint32_t text = label(w, &n);
  set_node(w, item_at(w, DUMP_NODES, n.number), &n, text);
  if (n.site >= RECORD_SITE_KINDS && n.site < SITES_MOST && n.site < w->numbers_most)
    ((struct dump_site *)item_at(w, DUMP_SITES, n.site))->node = n.number;
}

/* Sites without a path have kinds; a number that no node has was taken and not used. */
static void set_kinds(struct record_work *w) {
  static const enum dump_site_kind kinds[RECORD_SITE_KINDS] = {
      [RECORD_SITE_UNTAGGED] = DUMP_SITE_UNTAGGED,
      [RECORD_SITE_START] = DUMP_SITE_START,
      [RECORD_SITE_UNWINDER] = DUMP_SITE_UNWINDER,
      [RECORD_SITE_FULL] = DUMP_SITE_FULL};
  for (uint32_t i = 0; i < image_items(w->image, DUMP_SITES); i++) {
    struct dump_site *s = image_item(w->image, DUMP_SITES, i);
    s->kind = i < RECORD_SITE_KINDS ? kinds[i] : s->node == 0 ? DUMP_SITE_UNTAGGED : DUMP_SITE_PATH;
  }
}

/* Nodes whose number was taken and not filled are frames of no address. */
static void set_unused(struct record_work *w) {
  ((struct dump_node *)item_at(w, DUMP_NODES, 0))->kind = DUMP_NODE_ROOT;
  for (size_t i = 1; i < image_items(w->image, DUMP_NODES); i++) {
    struct dump_node *n = image_item(w->image, DUMP_NODES, i);
    if (n->kind == DUMP_NODE_ROOT)
      n->kind = DUMP_NODE_FRAME;
  }
}

void record_paths(struct record_work *w) {
  each_item(w, RECORD_MODULES, sizeof(struct record_module), module);
  make_spans(w);
  item_at(w, DUMP_SITES, RECORD_SITE_KINDS - 1);
  w->numbers_most = numbers_most(w->m);
  each_item(w, RECORD_NODES, sizeof(struct record_node), node);
  set_unused(w);
  set_kinds(w);
  free(w->spans);
}
