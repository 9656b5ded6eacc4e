/* Debug information that a unit has in a file of its own (-gsplit-dwarf): found, and linked.
 *
 *   program           unit's skeleton: line table, addresses, id, NAME.dwo and its directory
 *   NAME.dwo          functions, and what was inlined into them; or
 *   program.dwp       those of all units, beside the program
 *
 * Looked for: packages beside the program and its debug file and in --debug-dir; then NAME.dwo from
 * the program's directory, the directory where it was compiled (below --sysroot, too) and
 * --debug-dir, by its path and by its name alone.  The id in it must be the unit's.
 *
 * libdw (0.188) knows no packages and looks in two places.  So it is given what it reads itself: a
 * file in memory whose path stands in the skeleton for NAME.dwo while libdw opens it.  For that the
 * skeleton's debug information must be in memory that can be written, with room for the path.
 */
#ifndef TOOLS_SPLITS_H
#define TOOLS_SPLITS_H

#include "sections.h"

#include <elfutils/libdw.h>
#include <stdint.h>

/* Where the files are. */
struct splits_of {
  const char *program, *debug; /* files whose debug information is looked at; NULL: none */
  const char *path;            /* of the program where it ran */
  const char *sysroot;         /* NULL: none */
  const char *const *dirs;
  size_t n_dirs;
};

struct splits;

/* Texts must outlive it. */
struct splits *splits_new(const struct splits_of *of);
void splits_free(struct splits *s);

/* Makes a file in memory of its sections ready for that; before sections_file(). */
void splits_prepare(struct sections *image);

/* The entry of the unit whose skeleton `top` is; false: it isn't found, which is counted.  `image`:
 * the sections of the file in memory that the skeleton is in. */
bool splits_link(struct splits *s, Dwarf_Die *top, const struct sections *image, Dwarf_Die *split);

/* How many were not found, and the name of the first. */
uint32_t splits_missing(const struct splits *s, const char **name);

#endif
