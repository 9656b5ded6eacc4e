/* jemalloc's share and the ledger; contract in report_ledger.h. */
#include "report_ledger.h"
#include "regions.h"
#include "spill.h"

static void amount(struct text *t, const char *name, uint64_t bytes) {
  text_str(t, "  ");
  text_str_left(t, name, 44);
  text_u64_right(t, bytes, 18);
  text_char(t, '\n');
}

void report_large(struct text *t, const struct gathered *g) {
  text_str(t, "\njemalloc: requests of 512 bytes and above");
  text_str(t, g->reason == REPORT_ON_SIGNAL ? " (its figures: as of the last refresh)\n" : "\n");
  amount(t, "requests passed on", g->large_allocs);
  amount(t, "frees passed on", g->large_frees);
  amount(t, "bytes in live objects, with its rounding", g->large.allocated);
  amount(t, "bytes in pages with live objects", g->large.active);
  amount(t, "its metadata", g->large.metadata);
  amount(t, "resident, its estimate", g->large.resident);
}

/* Adds a line and returns its bytes. */
static uint64_t entry(struct text *t, const char *name, uint64_t bytes) {
  amount(t, name, bytes);
  return bytes;
}

static uint64_t cells(struct text *t, const struct gathered *g) {
  uint64_t live = 0, idle = 0, uncarved = 0, tails = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    live += gather_live_bytes(g, c);
    idle += gather_idle_bytes(g, c);
    uncarved += g->survey.uncarved_bytes[c];
    tails += g->survey.tail_bytes[c];
  }
  return entry(t, "allocated cells", live) + entry(t, "free cells", idle) +
         entry(t, "uncarved parts of slabs", uncarved) +
         entry(t, "tails of slabs, too short for a cell", tails);
}

void report_ledger(struct text *t, const struct gathered *g) {
  const struct survey *v = &g->survey;
  text_str(t, "\nledger: all that is mapped, in bytes\n");
  uint64_t sum = cells(t, g);
  sum += entry(t, "empty slabs", v->empty_slab_bytes);
  sum += entry(t, "parts of blocks not passed out", v->unpassed_bytes);
  sum += entry(t, "blocks that no arena has", v->free_block_bytes);
  sum += entry(t, "metadata: rows of slabs, blocks and arenas", v->metadata_bytes);
  sum += entry(t, "reserved addresses, nothing behind them", v->reserved_bytes);
  sum += entry(t, "tables of regions", regions_mapped_bytes());
  sum += entry(t, "table of jemalloc's pages", large_table_bytes());
  sum += entry(t, "mapped while a fork kept jemalloc closed", spill_mapped_bytes());
  if (g->reason == REPORT_ON_SIGNAL) { /* its own figures would be of another moment */
    sum += entry(t, "jemalloc: by the counter at its mmap", g->large_mapped);
  } else {
    sum += entry(t, "jemalloc: used, or ready for use", g->large.mapped);
    sum += entry(t, "jemalloc: kept addresses", g->large.retained);
  }
  amount(t, "sum of these lines", sum);
  amount(t, "mapped, by the counter at mmap and munmap", g->mapped);
  if (sum != g->mapped)
    amount(t, sum < g->mapped ? "DIFFERENCE: not in any line" : "DIFFERENCE: in lines only",
           sum < g->mapped ? g->mapped - sum : sum - g->mapped);
  amount(t, "resident size of the process, by the kernel", gather_resident());
}
