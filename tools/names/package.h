/* Finds in a package of split debug information (.dwp) which part of each section is a unit's. */
#ifndef TOOLS_PACKAGE_H
#define TOOLS_PACKAGE_H

#include "sections.h"

#include <stdint.h>

/* Sets the sections of the unit that has this id; they point into the package's sections.  False:
 * the unit is not in the package, or the package's index is damaged. */
bool package_unit(const struct sections *package, uint64_t id, struct sections *unit);

#endif
