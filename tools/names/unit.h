/* One compilation unit: its functions by address, and what was inlined into each. */
#ifndef TOOLS_UNIT_H
#define TOOLS_UNIT_H

#include "die.h"

struct unit;

/* The unit that an entry is the top of; reads only what is asked for, when it is. */
struct unit *unit_new(Dwarf_Die *top);
void unit_free(struct unit *u);

/* Writes the functions around an address, outermost first: the one that has code of its own, then
 * what was inlined into it, and so on.  Returns how many, 0: none is known. */
unsigned unit_find(struct unit *u, uint64_t address, Dwarf_Die *functions, unsigned room);

/* Was something of it damaged, as far as it was read? */
bool unit_damaged(const struct unit *u);

#endif
