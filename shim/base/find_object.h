/* Which module an address is in, by the loader's own search: lock-free, async-signal-safe (glibc
 * 2.35).
 */
#ifndef SHIM_FIND_OBJECT_H
#define SHIM_FIND_OBJECT_H

#include "base.h"

#include <dlfcn.h>

/* Looks the function up, once; not in signal handlers.  False: there is none, and nothing is ever
 * found.
 */
hidden bool find_object_open(void);

/* False: no module has that address. */
hidden bool find_object(uintptr_t address, struct dl_find_object *found);

/* Is it certain that no module has that address?  False while or where nothing can be looked up. */
hidden bool find_no_object(uintptr_t address);

/* The first address of the part of a module that can be executed and holds this address; 0: none
 * does.  A system call looks at the module's header first. */
hidden uintptr_t find_code(uintptr_t address);

#endif
