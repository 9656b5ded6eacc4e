/* Size classes, a line each; contract in report_classes.h. */
#include "report_classes.h"
#include "report_text.h"

static void class_line(struct text *t, const struct snapshot *g, unsigned c) {
  const struct survey *v = &g->survey;
  text_u64_right(t, class_bytes(c), 6);
  text_u64_right(t, v->slabs[c], 8);
  text_u64_right(t, snapshot_live_bytes(g, c) / class_bytes(c), 12);
  text_u64_right(t, snapshot_idle_bytes(g, c) / class_bytes(c), 12);
  text_u64_right(t, v->uncarved_bytes[c], 12);
  text_u64_right(t, g->sums.allocs[c], 14);
  text_u64_right(t, g->sums.frees[c], 14);
  text_char(t, '\n');
}

static void class_line_tagged(struct text *t, const struct snapshot *g, unsigned c) {
  const struct survey *v = &g->survey;
  text_u64_right(t, class_bytes(c), 6);
  text_u64_right(t, v->slabs[c], 7);
  text_u64_right(t, v->tagged_cells[c], 11);
  text_u64_right(t, snapshot_idle_bytes(g, c) / class_bytes(c), 10);
  text_u64_right(t, v->requested_bytes[c], 13);
  text_u64_right(t, snapshot_live_bytes(g, c) - v->requested_bytes[c], 11);
  text_u64_right(t, g->sums.allocs[c], 11);
  text_u64_right(t, g->sums.frees[c], 11);
  text_char(t, '\n');
}

void report_classes(struct text *t, const struct snapshot *g) {
  text_str(t, "\nsize classes: a slab is 64K of cells of one size");
  report_line(t, range.tagged ? "" : "; requested bytes need tags");
  report_line(
      t, range.tagged
             ? "  cell  slabs     in use      free    requested   rounding     allocs      frees"
             : "  cell   slabs      in use        free    uncarved   allocations         frees");
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (g->survey.slabs[c] != 0 || g->sums.allocs[c] != 0)
      (range.tagged ? class_line_tagged : class_line)(t, g, c);
}
