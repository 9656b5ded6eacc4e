/* A package of split debug information (.dwp): which part of each section is a unit's. */
#ifndef TOOLS_PACKAGE_H
#define TOOLS_PACKAGE_H

#include "sections.h"

#include <stdint.h>

/* The sections of one unit, by its id, out of a package's; they point into those.  False: it is
 * not in there, or the index can't be right. */
bool package_unit(const struct sections *package, uint64_t id, struct sections *unit);

#endif
