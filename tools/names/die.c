/* Careful steps through debug information; contract in die.h. */
#include "die.h"

void die_walk_start(struct die_walk *w, Dwarf_Die *unit) {
  Dwarf_Die cu;
  w->left = 1;
  if (dwarf_diecu(unit, &cu, NULL, NULL) == NULL)
    return;
  Dwarf_Off start = dwarf_dieoffset(&cu) - dwarf_cuoffset(&cu);
  Dwarf_Off next;
  size_t header;
  if (dwarf_next_unit(dwarf_cu_getdwarf(unit->cu), start, &next, &header, NULL, NULL, NULL, NULL,
                      NULL, NULL) == 0)
    w->left = next - start;
}

static bool die_step(struct die_walk *w, int status) {
  if (status == 0 && w->left > 0) {
    w->left--;
    return true;
  }
  w->damaged |= status != 1;
  return false;
}

bool die_first(struct die_walk *w, Dwarf_Die *parent, Dwarf_Die *child) {
  return die_step(w, dwarf_child(parent, child));
}

bool die_next(struct die_walk *w, Dwarf_Die *die) {
  Dwarf_Off here = dwarf_dieoffset(die);
  if (!die_step(w, dwarf_siblingof(die, die)))
    return false;
  if (dwarf_dieoffset(die) > here)
    return true;
  w->damaged = true;
  return false;
}

/* Where the linker left a function out, it writes one of these. */
static bool is_there(uint64_t start, uint64_t end) {
  return start > 1 && start < end && start < UINT64_MAX - 1;
}

void die_ranges(struct die_walk *w, Dwarf_Die *die, die_range_fn *each, void *context) {
  Dwarf_Addr base, start, end;
  ptrdiff_t at = 0;
  while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0)
    if (is_there(start, end))
      each(context, start, end);
  w->damaged |= at < 0;
}
