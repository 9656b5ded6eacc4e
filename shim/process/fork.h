/* What happens around fork, in the order in which it happens. */
#ifndef SHIM_FORK_H
#define SHIM_FORK_H

#include "base.h"

/* Once, in the constructor: registers the three handlers. */
hidden void fork_setup(void);

#endif
