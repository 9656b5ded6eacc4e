/* Blocks by what they keep unused; contract in report_blocks.h. */
#include "report_blocks.h"
#include "block_stats.h"
#include "report_text.h"

enum { TOP = 5 };

struct found {
  size_t number;
  struct block_line line;
};

/* Keeps the list sorted; of equals the one that came first stays first. */
static unsigned enter(struct found top[TOP], unsigned n, const struct found *f) {
  unsigned at = n < TOP ? n : TOP;
  for (; at > 0 && block_unused(&top[at - 1].line) < block_unused(&f->line); at--)
    if (at < TOP)
      top[at] = top[at - 1];
  if (at < TOP)
    top[at] = *f;
  return n < TOP ? n + 1 : TOP;
}

static unsigned find(struct found top[TOP], const struct snapshot *g) {
  unsigned n = 0;
  for (size_t i = 0; i < block_count(); i++) {
    struct found f = {.number = i};
    block_read(g, i, &f.line);
    if (f.line.heap != NULL && block_unused(&f.line) > 0)
      n = enter(top, n, &f);
  }
  return n;
}

/* No block saw more allocations than its arena. */
static uint64_t age(const struct snapshot *g, const struct block_line *l) {
  struct arena_line a;
  snapshot_arena(g, (struct heap *)l->heap, &a);
  return l->age < a.allocs ? l->age : a.allocs;
}

static void row(struct text *t, const struct snapshot *g, const struct found *f) {
  const struct block_line *l = &f->line;
  text_u64_right(t, f->number, 7);
  text_u64_right(t, heap_number(l->heap), 7);
  text_u64_right(t, l->slabs, 7);
  text_u64_right(t, l->in_use, 14);
  text_u64_right(t, block_unused(l), 14);
  text_u64_right(t, l->in_use * 100 / (l->slabs * SLAB_BYTES), 5);
  text_char(t, '%');
  text_u64_right(t, age(g, l), 18);
  text_char(t, '\n');
}

void report_blocks(struct text *t, const struct snapshot *g) {
  struct found top[TOP];
  unsigned n = find(top, g);
  if (n == 0)
    return;
  report_line(t, "\nblocks: those that keep most bytes unused in slabs that have a size class");
  report_line(t, "  block  arena  slabs        in use        unused  fill   age in allocations");
  for (unsigned i = 0; i < n; i++)
    row(t, g, &top[i]);
}
