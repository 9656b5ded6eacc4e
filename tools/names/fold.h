/* Names of allocation wrappers, which say nothing about who wanted the memory.
 *
 * A name may end in '*': all names that start so.  Names are compared as demangled, without
 * parameters, and without what compilers append (.cold, .part.0, [clone ...]).  Where no name is
 * known, what is shown instead counts: module+offset.
 */
#ifndef TOOLS_FOLD_H
#define TOOLS_FOLD_H

#include <stdbool.h>

struct fold;

struct fold *fold_new(void); /* with the well-known ones */
void fold_add(struct fold *f, const char *name);
void fold_free(struct fold *f);
bool fold_holds(const struct fold *f, const char *name);

/* Whether names were added, and one of them is that of an address: "module+0x12" or "0x7f00". */
bool fold_has_added(const struct fold *f);
bool fold_holds_address(const struct fold *f, const char *text);

#endif
