/* Prints arenas, regions and blocks; contract in arenas.h.
 *
 * An arena's blocks stand oldest first, so that an old block which few objects keep (much passed
 * out, little in use) is seen at once.
 */
#include "arenas.h"
#include "report_parts.h"
#include "say.h"
#include "text.h"
#include "view_options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BAR = 20, FEW = 4 }; /* columns of a bar; less than 1/FEW in use is little */

/* The blocks of one arena, or of none. */
struct held {
  const struct dump_block *blocks;
  uint32_t count;
};

static int block_compare(const void *a, const void *b) {
  const struct dump_block *x = a, *y = b;
  if (x->arena != y->arena)
    return (x->arena > y->arena) - (x->arena < y->arena);
  if (x->age != y->age)
    return x->age > y->age ? -1 : 1;
  return (x->number > y->number) - (x->number < y->number);
}

static bool is_little(const struct dump_block *b) {
  return b->in_use > 0 && b->in_use < b->passed / FEW;
}

/* "###########........": how much of what was passed out is in use. */
static void bar_draw(const struct dump_block *b, char bar[BAR + 1]) {
  double share = b->passed > 0 ? (double)b->in_use / (double)b->passed : 0;
  int full = share < 1 ? (int)(share * BAR + (b->in_use > 0 ? 0.999 : 0)) : BAR;
  memset(bar, '#', (size_t)full);
  memset(bar + full, '.', (size_t)(BAR - full));
  bar[BAR] = '\0';
}

static void block_row(const struct dump_block *b, struct table *t) {
  char bar[BAR + 1];
  table_number(t, UNIT_COUNT, "", b->number);
  table_number(t, UNIT_COUNT, "", b->age);
  table_number(t, UNIT_BYTES, "", b->bytes);
  table_number(t, UNIT_BYTES, "", b->passed);
  table_number(t, UNIT_BYTES, "", b->in_use);
  table_percent(t, b->in_use, b->passed);
  bar_draw(b, bar);
  table_heat(t, is_little(b), 1);
  table_text(t, bar);
}

static void arena_head(const struct view *v, const struct held *h) {
  const struct dump_arena *a = &v->dump->arenas[h->blocks->arena - 1];
  struct dump_block sum = {0};
  uint32_t little = 0;
  char in_use[UNITS_MAX], passed[UNITS_MAX];
  struct text text;
  FILE *to = text_start(&text);
  for (uint32_t i = 0; i < h->count; i++) {
    little += is_little(&h->blocks[i]);
    sum.in_use += h->blocks[i].in_use;
    sum.passed += h->blocks[i].passed;
  }
  units_name(sum.in_use, UNIT_BYTES, v->exact, in_use);
  view_bytes(v, sum.passed, passed);
  fprintf(to, "\nblocks of arena %u %s: %u\n  in use: %s of %s passed out", a->number,
          dump_text(v->dump, a->name), h->count, in_use, passed);
  if (little > 0)
    fprintf(to, "; few objects keep %u of the blocks", little);
  lines_fit(text_end(to, &text), v->width, v->to);
  fputc('\n', v->to);
  free(text.at);
}

static void held_print(const struct view *v, const struct held *h) {
  static const char *const titles[] = {
      "block", "age", "bytes", "passed", "in use", "share", "in use of passed", NULL};
  static const char *const spare[] = {"age", "bytes", "share", NULL};
  size_t shown = view_shown(v, h->count);
  arena_head(v, h);
  struct table *t = view_table(v, titles, spare);
  for (size_t i = 0; i < shown; i++)
    block_row(&h->blocks[i], t);
  view_table_end(v, t, shown, h->count);
}

static void spare_print(const struct view *v, const struct held *h) {
  char name[UNITS_MAX];
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < h->count; i++)
    bytes += h->blocks[i].bytes;
  view_bytes(v, bytes, name);
  view_say(v, "\nblocks that no arena has: %u, of %s\n", h->count, name);
}

/* Blocks sorted; each arena's are a run of them. */
static void blocks_print(const struct view *v) {
  uint32_t n = v->dump->n_blocks;
  struct dump_block *blocks = must_alloc(n * sizeof *blocks);
  size_t arenas = 0;
  memcpy(blocks, v->dump->blocks, n * sizeof *blocks);
  qsort(blocks, n, sizeof *blocks, block_compare);
  for (struct held h = {blocks, 0}; h.blocks < blocks + n; h.blocks += h.count) {
    h.count = 0;
    while (h.blocks + h.count < blocks + n && h.blocks[h.count].arena == h.blocks->arena)
      h.count++;
    arenas += h.blocks->arena != 0;
    if (h.blocks->arena == 0)
      spare_print(v, &h);
    else if (view_shown(v, arenas) == arenas)
      held_print(v, &h);
  }
  if (view_shown(v, arenas) < arenas)
    view_say(v, "\nblocks of %zu more arenas: --all shows them\n", arenas - view_shown(v, arenas));
  free(blocks);
}

static void arenas_body(const struct view *v, void *arg) {
  (void)arg;
  view_head(v);
  report_arenas(v);
  if (v->dump->n_blocks > 0 && v->detail < DETAIL_ROWS)
    blocks_print(v);
  else if (v->dump->n_blocks > 0)
    view_say(v, "--all shows the blocks of each arena\n");
  else if (v->dump->process->reason == DUMP_MERGED)
    view_say(v, "blocks belong to one process: a merge has none\n");
  else if (v->dump->process->flags & DUMP_OF_RECORD)
    view_say(v, "blocks and regions are not in a record\n");
}

int arenas_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                 FILE *to) {
  struct view v = view_of(o, d, to);
  (void)old;
  if (!d->has_arenas) {
    say_error("%s: its arenas are damaged or missing: copy or make the dump again", o->file);
    return 2;
  }
  if (!sort_possible(d, o->file, o->sort))
    return 2;
  return view_print(&v, arenas_body, NULL, 0);
}

static const struct argp_option options[] = {
    OPTION_SORT_ROW("Arenas, largest first of these (default: live)"),
    OPTION_VALUE_ROW("The same as --sort"),
    {0}};

int arenas_command(int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_view_pass,
      "FILE...",
      "Shows every arena with its counters, every region, and the blocks that each arena holds, "
      "oldest first.\vage: allocations of the arena since it took the block; passed: bytes that "
      "were passed out as slabs. A block is given back when none of its cells is in use: few "
      "objects may keep it.",
      option_view_children,
      NULL,
      NULL};
  struct view_options o = {.rows = ROWS_THAT_FIT};
  return view_run(&parser, &o, arenas_write, argc, argv);
}
