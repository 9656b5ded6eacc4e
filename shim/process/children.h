/* ARENASHIM_CHILDREN=off: programs started by exec run without the shim. */
#ifndef SHIM_CHILDREN_H
#define SHIM_CHILDREN_H

#include "base.h"

/* Takes this library out of LD_PRELOAD in the process's environment.  At start, one thread. */
hidden void children_drop_shim(void);

#endif
