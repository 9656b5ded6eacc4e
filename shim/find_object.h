/* Which module an address is in, by the loader's own search: lock-free, async-signal-safe (glibc
 * 2.35).
 */
#ifndef SHIM_FIND_OBJECT_H
#define SHIM_FIND_OBJECT_H

#include "../arena/base.h"

#include <dlfcn.h>

/* Looks the function up, once; not in signal handlers.  False: there is none, and nothing is ever
 * found.
 */
hidden bool find_object_open(void);

/* False: no module has that address. */
hidden bool find_object(uintptr_t address, struct dl_find_object *found);

#endif
