/* Functions of a unit; contract in unit.h.
 *
 * Three steps, each taken when an address needs it and not before:
 *   list     functions among namespaces, and classes where the language has code there; their
 *            inside is stepped over
 *   deep     once, for an address that the list lacks: functions in classes and functions too
 *   inlined  the way from a function's entry to the innermost one around the address
 */
#include "unit.h"
#include "say.h"
#include "spans.h"

#include <dwarf.h>
#include <stdlib.h>

struct unit {
  Dwarf_Die top;
  struct die_walk walk;
  bool listed, deep;
  Dwarf_Die *functions;
  size_t count, room;
  struct spans spans; /* items: indices of functions */
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
  u->count = 0;
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

/* Whether code that was inlined, or a block, has an address. */
struct cover {
  uint64_t address;
  bool any, is; /* ranges were seen; one of them covers it */
};

static void cover_range(void *context, uint64_t start, uint64_t end) {
  struct cover *c = context;
  c->any = true;
  c->is |= start <= c->address && c->address < end;
}

static bool may_cover(struct unit *u, Dwarf_Die *die, uint64_t address) {
  struct cover c = {.address = address};
  switch (dwarf_tag(die)) {
  case DW_TAG_inlined_subroutine:
    die_ranges(&u->walk, die, cover_range, &c);
    return c.is;
  case DW_TAG_lexical_block:
  case DW_TAG_try_block:
  case DW_TAG_catch_block:
    die_ranges(&u->walk, die, cover_range, &c);
    return c.is || !c.any;
  default:
    return false;
  }
}

/* The inlined function below a parent that an address lies in; blocks between don't count, and may
 * be there twice, once without code. */
static bool inlined_find(struct unit *u, Dwarf_Die *parent, uint64_t address, unsigned depth,
                         Dwarf_Die *inlined) {
  Dwarf_Die die;
  if (depth > DIE_DEPTH_MAX)
    return false;
  for (bool is = die_first(&u->walk, parent, &die); is; is = die_next(&u->walk, &die)) {
    if (!may_cover(u, &die, address))
      continue;
    *inlined = die;
    if (dwarf_tag(&die) == DW_TAG_inlined_subroutine ||
        inlined_find(u, &die, address, depth + 1, inlined))
      return true;
  }
  return false;
}

unsigned unit_find(struct unit *u, uint64_t address, Dwarf_Die *functions, unsigned room) {
  const struct span *span = function_find(u, address);
  unsigned count = 0;
  if (span == NULL || room == 0)
    return 0;
  functions[count++] = u->functions[span->item];
  die_walk_start(&u->walk, &u->top);
  while (count < room && inlined_find(u, &functions[count - 1], address, 0, &functions[count]))
    count++;
  return count;
}

bool unit_damaged(const struct unit *u) { return u->walk.damaged; }
