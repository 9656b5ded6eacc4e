/* Where the ledger's lines come from; contract in ledger.h. */
#include "ledger.h"
#include "capture.h"
#include "large_tags.h"
#include "modules.h"
#include "regions.h"
#include "sites.h"
#include "spill.h"

static void add(struct ledger *l, const char *name, uint64_t bytes) {
  l->line[l->lines++] = (struct ledger_line){.name = name, .bytes = bytes};
  l->sum += bytes;
}

static void add_cells(struct ledger *l, const struct gathered *g) {
  uint64_t live = 0, idle = 0, uncarved = 0, tails = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    live += gather_live_bytes(g, c);
    idle += gather_idle_bytes(g, c);
    uncarved += g->survey.uncarved_bytes[c];
    tails += g->survey.tail_bytes[c];
  }
  add(l, "allocated cells", live);
  add(l, "free cells", idle);
  add(l, "uncarved parts of slabs", uncarved);
  add(l, "tails of slabs, too short for a cell", tails);
}

static void add_tags(struct ledger *l, const struct gathered *g) {
  uint64_t accounts = 0;
  for (unsigned i = 0; i < heap_count(); i++)
    accounts += count_get(&heap_at(i)->books.bytes);
  add(l, "tags of cells", g->survey.tag_bytes);
  add(l, "tags of large objects", large_tags_bytes());
  add(l, "accounts of call sites", accounts);
  add(l, "tables of call paths", path_bytes());
  add(l, "states of captures", capture_bytes());
  add(l, "a look at every tag, under way", sites_bytes());
}

static void add_large(struct ledger *l, const struct gathered *g) {
  if (g->reason == REPORT_ON_SIGNAL) { /* its own figures would be of another moment */
    add(l, "jemalloc: by the counter at its mmap", g->large_mapped);
  } else {
    add(l, "jemalloc: used, or ready for use", g->large.mapped);
    add(l, "jemalloc: kept addresses", g->large.retained);
  }
}

void ledger_read(struct ledger *l, const struct gathered *g) {
  const struct survey *v = &g->survey;
  l->lines = 0;
  l->sum = 0;
  l->mapped = g->mapped;
  add_cells(l, g);
  add(l, "empty slabs", v->empty_slab_bytes);
  add(l, "parts of blocks not passed out", v->unpassed_bytes);
  add(l, "blocks that no arena has", v->free_block_bytes);
  add(l, "metadata: rows of slabs, blocks and arenas", v->metadata_bytes);
  add(l, "reserved addresses, nothing behind them", v->reserved_bytes);
  add_tags(l, g);
  add(l, "table of modules", modules_bytes());
  add(l, "tables of regions", regions_mapped_bytes());
  add(l, "table of jemalloc's pages", large_table_bytes());
  add(l, "mapped while a fork kept jemalloc closed", spill_mapped_bytes());
  add_large(l, g);
}
