/* Finds and links the debug information that a unit has in a file of its own (-gsplit-dwarf).
 *
 *   program           unit's skeleton: line table, addresses, id, NAME.dwo and its directory
 *   NAME.dwo          functions, and what was inlined into them; or
 *   program.dwp       those of all units, beside the program
 *
 * Packages are looked for beside the program, beside its debug file and in --debug-dir; then
 * NAME.dwo is looked for in the program's directory, in the directory where it was compiled (below
 * --sysroot, too) and in --debug-dir, by its path and by its name alone.  A file counts only if it
 * has the unit's id.
 *
 * libdw (0.188) knows no packages and looks in two places only.  So we give it a file that it can
 * read: one in memory, whose path stands in the skeleton in place of NAME.dwo while libdw opens it.
 * For that the skeleton's debug information must lie in writable memory with room for the path.
 */
#ifndef TOOLS_SPLITS_H
#define TOOLS_SPLITS_H

#include "sections.h"

#include <elfutils/libdw.h>
#include <stdint.h>

/* Where to look for the files. */
struct splits_of {
  const char *program, *debug; /* files whose debug information is looked at; NULL: none */
  const char *path;            /* of the program where it ran */
  const char *sysroot;         /* NULL: none */
  const char *const *dirs;
  size_t n_dirs;
};

struct splits;

/* The texts of the argument must outlive the result, which splits_free frees. */
struct splits *splits_new(const struct splits_of *of);
void splits_free(struct splits *s);

/* Makes room in these sections for the path of a file in memory.  To be called before
 * sections_file() makes a file of them. */
void splits_prepare(struct sections *image);

/* Finds the entry of the unit whose skeleton is `top`.  `image` has the sections of the file in
 * memory that the skeleton lies in.  False: the unit is not found, which is counted. */
bool splits_link(struct splits *s, Dwarf_Die *top, const struct sections *image, Dwarf_Die *split);

/* Returns how many units were not found, and sets the name of the first. */
uint32_t splits_missing(const struct splits *s, const char **name);

#endif
