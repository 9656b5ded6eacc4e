/* What debug information knows of an address: its functions, inlined ones too, and source lines. */
#ifndef TOOLS_LINES_H
#define TOOLS_LINES_H

#include "functions.h"
#include "modfile.h"

#include <elfutils/libdwfl.h>

enum { CALLS_MAX = 64 }; /* inlined into each other; more are not shown */

struct lines;

/* What it takes to look a module up. */
struct lines_of {
  Dwfl_Module *module;
  const char *path; /* of the module where it ran */
  const struct search *search;
  uint64_t bias;               /* address in the process - address in the file */
  struct functions *functions; /* where names are kept */
  uint32_t index;              /* of the module, there */
};

/* Reads which unit is where; NULL when there is no debug information. *why: why it can't be used,
 * NULL when there is just none. */
struct lines *lines_new(const struct lines_of *of, const char **why);
void lines_free(struct lines *l);

/* Writes the functions around an absolute address, the innermost first, and returns how many: 0
 * when nothing is known.  All but the last were inlined.  Fast when addresses come in order. */
unsigned lines_find(struct lines *l, uint64_t address, struct call calls[CALLS_MAX]);

/* The class of which an object is constructed in memory of that size, which a call that returns to
 * this absolute address returned; NULL: it is not certain. */
const char *lines_made(struct lines *l, uint64_t address, uint64_t size);

/* Whether something was found that can't be true. */
bool lines_damaged(const struct lines *l);

/* How many of the units that were asked for have their functions in files that are not here
 * (-gsplit-dwarf), and the name of the first of these. */
uint32_t lines_missing(const struct lines *l, const char **name);

#endif
