/* Reads the debug information of a module by a Dwarf of our own, which can be closed to free what
 * libdw keeps.  It reads the file itself, or a file in memory that has the same sections, so that
 * offsets mean the same in both.
 */
#ifndef TOOLS_DEBUG_SOURCE_H
#define TOOLS_DEBUG_SOURCE_H

#include "modfile.h"

#include <elfutils/libdw.h>
#include <stdbool.h>

struct debug_source;

/* What is needed to find a source.  All of it must outlive the source. */
struct debug_source_of {
  Dwfl_Module *module;
  const char *path; /* of the module where it ran */
  const struct search *search;
};

/* Returns NULL when there is no debug information to read; then *why says why it can't be read, or
 * is NULL when the module has none. */
struct debug_source *debug_source_new(const struct debug_source_of *of, const char **why);
void debug_source_free(struct debug_source *s);

/* Returns an address in the file minus the same address in the debug information. */
uint64_t debug_source_bias(const struct debug_source *s);

/* The first opens the Dwarf; NULL: it is damaged.  The second closes it, and frees all that was
 * read by it. */
Dwarf *debug_source_open(struct debug_source *s);
void debug_source_close(struct debug_source *s);

/* Says that units have their debug information in other files.  To be called while the Dwarf is
 * closed. */
void debug_source_split(struct debug_source *s);

/* Sets *unit to the entry of a unit whose debug information is in another file; false: it is not
 * found. */
bool debug_source_unit(struct debug_source *s, Dwarf_Die *skeleton, Dwarf_Die *unit);

/* Returns the code at an address of the file and sets how many bytes there are from it on; NULL:
 * the file is not on this machine. */
const unsigned char *debug_source_code(const struct debug_source *s, uint64_t address,
                                       size_t *bytes);

/* Returns how many units were not found, and sets the name of the first one's file. */
uint32_t debug_source_missing(const struct debug_source *s, const char **name);

#endif
