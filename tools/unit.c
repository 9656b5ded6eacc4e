/* Functions of a unit; contract in unit.h.
 *
 * Three steps, each taken when an address needs it and not before:
 *   list     functions among namespaces, and classes where the language has code there; their
 *            inside is stepped over
 *   deep     once, for an address that the list lacks: functions in classes and functions too
 *   inlined  the inside of the function that the last address was in
 */
#include "unit.h"
#include "say.h"
#include "spans.h"

#include <dwarf.h>
#include <stdlib.h>

/* A part of a function's code that stems from another. */
struct inlined {
  uint64_t start, end;
  Dwarf_Die function;
  unsigned depth; /* 1: into the function itself */
};

struct unit {
  Dwarf_Die top;
  struct die_walk walk;
  bool listed, deep;
  Dwarf_Die *functions;
  size_t count, room;
  struct spans spans; /* items: indices of functions */
  struct inlined *inlined;
  size_t inlined_count, inlined_room;
  uint32_t inside; /* index + 1 of the function that `inlined` is about */
  Dwarf_Die at;    /* while ranges are added: whose they are */
  unsigned depth;
};

struct unit *unit_new(Dwarf_Die *top) {
  struct unit *u = must_zalloc(1, sizeof *u);
  u->top = *top;
  return u;
}

void unit_free(struct unit *u) {
  if (u == NULL)
    return;
  spans_free(&u->spans);
  free(u->functions);
  free(u->inlined);
  free(u);
}

static void function_range(void *context, uint64_t start, uint64_t end) {
  struct unit *u = context;
  spans_add(&u->spans, start, end, (uint32_t)u->count);
}

static void function_add(struct unit *u, Dwarf_Die *die) {
  size_t before = u->spans.count;
  die_ranges(&u->walk, die, function_range, u);
  if (u->spans.count == before)
    return; /* a declaration, or one without code of its own */
  if (u->count == u->room)
    u->functions = must_resize(u->functions, u->room = u->room * 2 + 64, sizeof *u->functions);
  u->functions[u->count++] = *die;
}

static bool has_functions(const struct unit *u, int tag) {
  switch (tag) {
  case DW_TAG_namespace:
  case DW_TAG_module:
    return true;
  case DW_TAG_subprogram:
  case DW_TAG_lexical_block:
  case DW_TAG_class_type:
  case DW_TAG_structure_type:
  case DW_TAG_union_type:
  case DW_TAG_enumeration_type:
    return u->deep;
  default:
    return false;
  }
}

static void functions_list(struct unit *u, Dwarf_Die *parent, unsigned depth) {
  Dwarf_Die die;
  if (depth > DIE_DEPTH_MAX)
    return;
  for (bool is = die_first(&u->walk, parent, &die); is; is = die_next(&u->walk, &die)) {
    int tag = dwarf_tag(&die);
    if (tag == DW_TAG_subprogram)
      function_add(u, &die);
    if (has_functions(u, tag))
      functions_list(u, &die, depth + 1);
  }
}

static void unit_list(struct unit *u, bool deep) {
  spans_free(&u->spans);
  u->count = u->inside = 0;
  u->listed = true;
  u->deep = deep;
  die_walk_start(&u->walk, &u->top);
  functions_list(u, &u->top, 0);
  spans_sort(&u->spans);
}

/* Functions within classes and functions are rare in C and C++, and looking for them takes long. */
static const struct span *function_find(struct unit *u, uint64_t address) {
  if (!u->listed)
    unit_list(u, false);
  const struct span *span = spans_find(&u->spans, address);
  if (span != NULL || u->deep)
    return span;
  unit_list(u, true);
  return spans_find(&u->spans, address);
}

static void inlined_range(void *context, uint64_t start, uint64_t end) {
  struct unit *u = context;
  if (u->inlined_count == u->inlined_room)
    u->inlined =
        must_resize(u->inlined, u->inlined_room = u->inlined_room * 2 + 64, sizeof *u->inlined);
  u->inlined[u->inlined_count++] =
      (struct inlined){.start = start, .end = end, .function = u->at, .depth = u->depth};
}

static bool has_inlined(int tag) {
  return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
         tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

static void inlined_list(struct unit *u, Dwarf_Die *parent, unsigned depth, unsigned blocks) {
  Dwarf_Die die;
  if (depth + blocks > DIE_DEPTH_MAX)
    return;
  for (bool is = die_first(&u->walk, parent, &die); is; is = die_next(&u->walk, &die)) {
    int tag = dwarf_tag(&die);
    bool inlined = tag == DW_TAG_inlined_subroutine;
    if (inlined) {
      u->at = die;
      u->depth = depth + 1;
      die_ranges(&u->walk, &die, inlined_range, u);
    }
    if (has_inlined(tag))
      inlined_list(u, &die, depth + inlined, blocks + !inlined);
  }
}

static void function_enter(struct unit *u, uint32_t function) {
  if (u->inside == function + 1)
    return;
  u->inside = function + 1;
  u->inlined_count = 0;
  die_walk_start(&u->walk, &u->top);
  inlined_list(u, &u->functions[function], 0, 0);
}

unsigned unit_find(struct unit *u, uint64_t address, Dwarf_Die *functions, unsigned room) {
  const struct span *span = function_find(u, address);
  if (span == NULL || room == 0)
    return 0;
  functions[0] = u->functions[span->item];
  function_enter(u, span->item);
  unsigned count = 1;
  for (size_t i = 0; i < u->inlined_count && count < room; i++) {
    const struct inlined *in = &u->inlined[i];
    if (in->depth == count && in->start <= address && address < in->end)
      functions[count++] = in->function;
  }
  return count;
}

bool unit_damaged(const struct unit *u) { return u->walk.damaged; }
