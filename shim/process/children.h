/* ARENASHIM_CHILDREN=off: programs started by exec run without the shim. */
#ifndef SHIM_CHILDREN_H
#define SHIM_CHILDREN_H

#include "base.h"

/* Removes this library from LD_PRELOAD in the process's environment; the variable itself, too, if
 * no other library is left in it.  In the constructor, while the process has one thread. */
hidden void children_drop_shim(void);

#endif
