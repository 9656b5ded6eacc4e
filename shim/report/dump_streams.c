/* The dump's large sections, streamed as they are read: blocks, accounts, sites, nodes. */
#include "before_attach.h"
#include "block_stats.h"
#include "dump_parts.h"
#include "modules.h"
#include "site_stats.h"
#include "tag_mode.h"

/* ---- blocks ---- */

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void blocks(struct dump_work *w) {
  size_t count = block_count();
  for (size_t i = 0; i < count; i++) {
    struct block_line l;
    block_read(&w->g, i, &l);
    bool owned = l.heap != NULL && heap_number(l.heap) < w->heaps;
    struct dump_block *to = dump_item(&w->out);
    *to = (struct dump_block){.number = (uint32_t)i, .bytes = UINT64_C(1) << range.block_shift};
    if (!owned)
      continue;
    to->arena = heap_number(l.heap) + 1;
    to->passed = l.passed;
    to->slabs = l.slabs;
    to->in_use = l.in_use;
    to->age = least(l.age, w->allocs[heap_number(l.heap)]);
    to->born = w->allocs[heap_number(l.heap)] - to->age;
  }
}

/* ---- accounts ---- */

static void add_up(struct dump_work *w, const struct dump_account *a) {
  struct dump_arena *sum = &w->arena[a->arena];
  w->process->live_objects += a->live_objects;
  w->process->live_bytes += a->live_bytes;
  w->process->peak_bytes += a->at_peak_bytes;
  if (!dump_arena_is_sum(heap_at(a->arena))) /* it counts exactly, as without tags */
    return;
  sum->total_allocs += a->allocs;
  sum->total_size += a->bytes;
  sum->frees += a->frees;
  sum->live_objects += a->live_objects;
  sum->live_bytes += a->live_bytes;
  sum->live_rounded += a->live_rounded;
}

/* Of an arena without tags, where all requests have them since somebody attached. */
static void accounts_before(struct dump_work *w, unsigned arena) {
  struct dump_account a;
  for (unsigned c = BEFORE_LARGE; c < CLASS_SLOTS; c++)
    if (before_account(&w->g, heap_at(arena), c, &a)) {
      a.site = sites_count() + c;
      *(struct dump_account *)dump_item(&w->out) = a;
      add_up(w, &a);
    }
}

static void accounts_of(struct dump_work *w, unsigned arena) {
  struct site_stats stats;
  if (before_read(&w->g, heap_at(arena))) {
    accounts_before(w, arena);
    return;
  }
  for (uint32_t site = 0; site < sites_count(); site++) {
    if (site % sites_window() == 0)
      sites_scan(heap_at(arena), site);
    if (site != SITE_NONE && sites_line(heap_at(arena), site, &stats)) {
      stats.sums.arena = arena;
      at_peak_adjust(&w->at_peak, heap_at(arena), site, &stats.sums);
      *(struct dump_account *)dump_item(&w->out) = stats.sums;
      add_up(w, &stats.sums);
    }
  }
}

static void accounts(struct dump_work *w) {
  if (tagged_mode == TAGGED_NONE)
    return;
  at_peak_find(&w->at_peak, w->live_bytes);
  for (unsigned i = 0; i < w->heaps; i++)
    accounts_of(w, i);
}

/* ---- sites and nodes ---- */

static enum dump_site_kind site_kind(uint32_t site) {
  return site == SITE_NONE         ? DUMP_SITE_UNTAGGED
         : site == SITE_START      ? DUMP_SITE_START
         : site == SITE_UNWINDER   ? DUMP_SITE_UNWINDER
         : site == SITE_TABLE_FULL ? DUMP_SITE_FULL
                                   : DUMP_SITE_PATH;
}

/* What a site has in memory and in swap; sites are asked about in their order. */
static void resident_of(struct dump_work *w, uint32_t site, struct dump_site *to) {
  struct resident *r = &w->resident;
  if (r->site == NULL)
    return;
  if (site % sites_window() == 0)
    sites_small(site);
  if (site - r->first_site >= r->sites)
    resident_sites(r, site);
  const struct site_share *s = &r->site[site - r->first_site];
  to->resident_bytes = not_negative(s->resident + sites_small_bytes(site));
  to->swapped_bytes = s->swapped;
}

/* A number whose node is not there yet, or never will be, has no account. */
static void sites(struct dump_work *w) {
  for (uint32_t i = 0; i < sites_count(); i++) {
    const struct node *n = i < SITE_KINDS ? NULL : path_site_node(i);
    struct dump_site *to = dump_item(&w->out);
    to->node = n != NULL ? n->number : 0;
    to->kind = n == NULL && i >= SITE_KINDS ? DUMP_SITE_UNTAGGED : site_kind(i);
    to->resident_bytes = to->swapped_bytes = 0;
    resident_of(w, i, to);
  }
  for (unsigned c = 0; c < CLASS_SLOTS && tagged_since_attach(); c++)
    *(struct dump_site *)dump_item(&w->out) = (struct dump_site){.kind = DUMP_SITE_BEFORE};
}

/* The module that stands there, index + 1; 0: none does. */
static uint32_t standing_module(const struct dump_work *w, uintptr_t address) {
  static unsigned last; /* frames of a path are near each other; one dump at a time */
  const struct module_span *span = w->span;
  if (last < w->spans && address - span[last].start < span[last].end - span[last].start)
    return span[last].module;
  unsigned low = 0, high = w->spans;
  while (low < high) {
    unsigned middle = (low + high) / 2;
    if (span[middle].start <= address)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0 || address >= span[low - 1].end)
    return 0;
  last = low - 1;
  return span[last].module;
}

/* The last that stood there: for addresses that came from a region's creation, not from a capture.
 */
static uint32_t gone_module(const struct dump_work *w, uintptr_t address) {
  for (unsigned i = w->modules; i-- > 0;)
    if (w->module[i].flags & DUMP_MODULE_GONE && address >= w->module[i].start &&
        address < w->module[i].end)
      return i + 1;
  return 0;
}

/* The call lies before its return address, which may be another module's already. */
static uint32_t module_of(const struct dump_work *w, uintptr_t stored) {
  if (stored & NODE_DEAD) {
    unsigned i = node_dead_module(stored);
    return i < w->modules && i < DEAD_LAST ? i + 1 : gone_module(w, node_address(stored) - 1);
  }
  uint32_t standing = standing_module(w, stored - 1);
  return standing != 0 ? standing : gone_module(w, stored - 1);
}

static uint32_t label_text(const struct dump_work *w, uint32_t node, unsigned *next) {
  while (*next < w->labels && w->label[*next].node < node)
    ++*next;
  return *next < w->labels && w->label[*next].node == node ? w->label[*next].text : 0;
}

static void frame(const struct dump_work *w, struct dump_node *to, const struct node *n) {
  uintptr_t stored = __atomic_load_n(&n->address, __ATOMIC_RELAXED);
  to->kind = n->kind == NODE_OUTER ? DUMP_NODE_OUTER : DUMP_NODE_FRAME;
  to->address = node_address(stored);
  to->module = module_of(w, stored);
  if (stored & NODE_DEAD && node_dead_module(stored) < DEAD_LAST && to->module != 0)
    to->address += w->module[to->module - 1].start;
}

static void nodes(struct dump_work *w) {
  unsigned count = path_nodes(), next_label = 0;
  for (unsigned i = 0; i < count; i++) {
    const struct node *n = path_node(i);
    struct dump_node *to = dump_item(&w->out);
    *to = (struct dump_node){.kind = i == 0 ? DUMP_NODE_ROOT : DUMP_NODE_FRAME};
    if (n == NULL || i == 0) /* its number was taken, and there was no room for it */
      continue;
    to->parent = n->parent == &path_outer ? 0 : n->parent->number;
    if (node_is_frame(n)) {
      frame(w, to, n);
    } else if (n->kind == NODE_JOINT) {
      to->kind = DUMP_NODE_JOINT;
      to->address = ((const struct node *)n->address)->number;
    } else {
      to->kind = DUMP_NODE_LABEL;
      to->address = label_text(w, i, &next_label);
    }
  }
}

void dump_streams(struct dump_work *w) {
  static const struct {
    uint32_t id, item_bytes;
    void (*write)(struct dump_work *w);
  } sections[] = {{DUMP_BLOCKS, sizeof(struct dump_block), blocks},
                  {DUMP_ACCOUNTS, sizeof(struct dump_account), accounts},
                  {DUMP_SITES, sizeof(struct dump_site), sites},
                  {DUMP_NODES, sizeof(struct dump_node), nodes},
                  {DUMP_MOMENTS, sizeof(struct dump_moment), dump_moments},
                  {DUMP_SHARES, sizeof(struct dump_share), dump_shares},
                  {DUMP_EVENTS, sizeof(struct dump_event), dump_events},
                  {DUMP_MAPPINGS, sizeof(struct dump_mapping), dump_mappings},
                  {DUMP_MAPS_BY_SITE, sizeof(struct dump_map_account), dump_map_accounts},
                  {DUMP_MAPS, sizeof(struct dump_map), dump_maps}};
  static_assert(sizeof sections / sizeof *sections == STREAMED_SECTIONS, "each of them");
  for (size_t i = 0; i < STREAMED_SECTIONS; i++) {
    dump_section_begin(&w->out, &w->table[SMALL_SECTIONS + i], sections[i].id,
                       sections[i].item_bytes);
    sections[i].write(w);
    dump_section_end(&w->out);
  }
}
