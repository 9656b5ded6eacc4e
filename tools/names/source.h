/* The debug information of a module as it is read: by a Dwarf of our own, that can be ended to free
 * what libdw keeps, of the file itself, or of one in memory with the same sections: so offsets are
 * the same in both.
 */
#ifndef TOOLS_SOURCE_H
#define TOOLS_SOURCE_H

#include "modfile.h"

#include <elfutils/libdw.h>
#include <stdbool.h>

struct source;

/* What it takes to find it.  All must outlive the source. */
struct source_of {
  Dwfl_Module *module;
  const char *path; /* of the module where it ran */
  const struct search *search;
};

/* NULL when there is none.  *why: why it can't be read, NULL when there just is none. */
struct source *source_new(const struct source_of *of, const char **why);
void source_free(struct source *s);

/* Address in the file - address in the debug information. */
uint64_t source_bias(const struct source *s);

/* Begins and ends the Dwarf, with all that was read by it.  NULL: it is damaged. */
Dwarf *source_open(struct source *s);
void source_close(struct source *s);

/* To be called, while it is closed, when units have their debug information in other files. */
void source_split(struct source *s);

/* The entry of a unit that is in another file; false: it isn't found. */
bool source_unit(struct source *s, Dwarf_Die *skeleton, Dwarf_Die *unit);

/* The code at an address of the file, and how many bytes follow it; NULL: the file is not here. */
const unsigned char *source_code(const struct source *s, uint64_t address, size_t *bytes);

/* How many units were not found, and the file of the first. */
uint32_t source_missing(const struct source *s, const char **name);

#endif
