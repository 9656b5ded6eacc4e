/* Steps through the tree of debug information that end however damaged it is. */
#ifndef TOOLS_DIE_H
#define TOOLS_DIE_H

#include <elfutils/libdw.h>
#include <stdbool.h>

enum { DIE_DEPTH_MAX = 100 }; /* deeper ones are not looked at */

/* A walk over one unit; all zero before the first. */
struct die_walk {
  uint64_t left; /* steps: an entry takes a byte at least, so a whole unit never uses them up */
  bool damaged;  /* what can't be true was met */
};

/* Another walk through the unit of an entry; `damaged` stays. */
void die_walk_start(struct die_walk *w, Dwarf_Die *unit);

/* The first entry below a parent, the next one beside a die; false: there is none. */
bool die_first(struct die_walk *w, Dwarf_Die *parent, Dwarf_Die *child);
bool die_next(struct die_walk *w, Dwarf_Die *die);

/* Calls for each address range of an entry: not for those of functions that the linker left out,
 * which lie at 0 or 1 or at the end of all addresses. */
typedef void die_range_fn(void *context, uint64_t start, uint64_t end);
void die_ranges(struct die_walk *w, Dwarf_Die *die, die_range_fn *each, void *context);

#endif
