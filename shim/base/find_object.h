/* Which module an address lies in, by the loader's own search, _dl_find_object.
 *
 * That search takes no lock and is async-signal-safe; glibc has it from 2.35 on.  Where it is
 * missing, and before find_object_open, nothing is found.  All but find_object_open: any thread,
 * signal handlers too.
 */
#ifndef SHIM_FIND_OBJECT_H
#define SHIM_FIND_OBJECT_H

#include "base.h"

#include <dlfcn.h>

/* Looks the loader's function up at the first call.  False if there is none.  One thread at a time,
 * not in signal handlers. */
hidden bool find_object_open(void);

/* Stores the module that the address lies in.  False if it lies in none. */
hidden bool find_object(uintptr_t address, struct dl_find_object *found);

/* Is it certain that the address lies in no module?  False, too, if nothing can be looked up. */
hidden bool find_no_object(uintptr_t address);

/* The first address of the executable segment that this address lies in; 0 if it lies in none, or
 * if the module's header cannot be read, which a system call finds out first. */
hidden uintptr_t find_code(uintptr_t address);

/* Does the address lie in a segment that is only read, neither written nor executed?  False, too,
 * where find_code returns 0 for want of knowledge. */
hidden bool find_constants(uintptr_t address);

#endif
