/* What debug information knows of an address: its functions, inlined ones too, and source lines. */
#ifndef TOOLS_LINES_H
#define TOOLS_LINES_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

/* One of the functions that an address lies in. */
struct place {
  Dwarf_Die function;
  bool known;       /* `function` is one; else only the line is known */
  bool inlined;     /* into the one that comes next */
  const char *file; /* as the compiler was told, with directories; NULL: not known */
  unsigned line;    /* of the address, or of the call of the one before; 0: not known */
};

enum { PLACES_MAX = 64 }; /* inlined into each other; more are not shown */

struct lines;

/* Reads which unit is where; NULL when there is no debug information. *why: why it can't be used,
 * NULL when there is just none. */
struct lines *lines_new(Dwfl_Module *module, const char **why);
void lines_free(struct lines *l);

/* Writes the places of an address of the file, the innermost first, and returns how many: 0 when
 * nothing is known.  They are good until the next call.  Fast when addresses come in order. */
unsigned lines_find(struct lines *l, uint64_t address, struct place places[PLACES_MAX]);

/* Whether something was found that can't be true. */
bool lines_damaged(const struct lines *l);

#endif
