/* Which counter each line of the ledger shows; contract in ledger.h. */
#include "ledger.h"
#include "fork_fallback.h"
#include "huge.h"
#include "page_map.h"
#include "regions.h"

static void add(struct ledger *l, const char *name, uint64_t bytes) {
  l->line[l->lines++] = (struct ledger_line){.name = name, .bytes = bytes};
  l->sum += bytes;
}

/* With tags the allocated cells are two lines: the bytes the program asked for, and the rest. */
static void add_allocated(struct ledger *l, const struct snapshot *g, uint64_t live) {
  uint64_t requested = 0, rounding = 0;
  if (!range.has_tag_rows) {
    add(l, "allocated cells", live);
    return;
  }
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    requested += g->survey.requested_bytes[c];
    rounding += g->survey.tagged_cells[c] * class_bytes(c) - g->survey.requested_bytes[c];
  }
  if (!range.tagged)
    add(l, "allocated cells: without tags", live - requested - rounding);
  add(l, "allocated cells: bytes requested", requested);
  add(l, "allocated cells: rounding", rounding);
}

static void add_cells(struct ledger *l, const struct snapshot *g) {
  uint64_t live = 0, idle = 0, uncarved = 0, tails = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    live += snapshot_live_bytes(g, c);
    idle += snapshot_idle_bytes(g, c);
    uncarved += g->survey.uncarved_bytes[c];
    tails += g->survey.tail_bytes[c];
  }
  add_allocated(l, g, live);
  add(l, "free cells", idle);
  add(l, "uncarved parts of slabs", uncarved);
  add(l, "tails of slabs, too short for a cell", tails);
}

static void add_tags(struct ledger *l, const struct snapshot *g) {
  if (range.has_tag_rows)
    add(l, "tags: a word a cell", g->survey.tag_bytes);
  if (g->tag_tables != 0)
    add(l, "tags: accounts, paths, modules, large tags", g->tag_tables);
  if (g->scratch != 0)
    add(l, "scratch of another report", g->scratch);
}

static void add_large(struct ledger *l, const struct snapshot *g) {
  /* Its own figures would be of another moment, or only some of them would still include what it
   * could not unmap. */
  if (snapshot_is_careful(g->reason) || g->large.abandoned != 0) {
    add(l, "jemalloc: by the counter at its mmap", g->large_mapped);
  } else {
    add(l, "jemalloc: used, or ready for use", g->large.mapped);
    add(l, "jemalloc: kept addresses", g->large.retained);
  }
}

void ledger_read(struct ledger *l, const struct snapshot *g) {
  const struct survey *v = &g->survey;
  l->lines = 0;
  l->sum = 0;
  l->mapped = g->mapped;
  add_cells(l, g);
  add(l, "empty slabs", v->empty_slab_bytes);
  add(l, "parts of blocks not passed out", v->unpassed_bytes);
  add(l, "blocks that no arena has", v->free_block_bytes);
  add(l, "metadata: rows of slabs, blocks and arenas", v->metadata_bytes);
  add_tags(l, g);
  add(l, "tables of regions", regions_mapped_bytes());
  add(l, "table of jemalloc's pages", page_map_own_bytes());
  add(l, "mapped while a fork kept jemalloc closed", fallback_mapped_bytes());
  add(l, "huge objects: used, or ready for use", huge_mapped_bytes());
  add(l, "given up, but the system would not unmap it", g->stuck);
  add_large(l, g);
}
