/* dlopen without RTLD_DEEPBIND.
 *
 * A library that is opened so, as PHP opens its extensions, looks for malloc in itself and in what
 * it needs before it looks in the program: it finds libc's, and its memory comes back to our free.
 * The flag is taken off, and counted; nothing else of dlopen changes.  (A library of another
 * namespace, by dlmopen, has a libc of its own and keeps its flag.)
 */
#ifndef SHIM_DEEPBIND_H
#define SHIM_DEEPBIND_H

#include <stdint.h>

#include "base.h"

/* How often the flag was taken off. */
hidden uint64_t deepbind_count(void);

#endif
