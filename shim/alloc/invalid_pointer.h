/* Death by a pointer that neither heap has, and where in the program the call is. */
#ifndef SHIM_INVALID_POINTER_H
#define SHIM_INVALID_POINTER_H

#include "base.h"

/* Says which function got p, from where, and what lies at p according to /proc/self/maps, then
 * aborts.  Allocates nothing. */
_Noreturn hidden cold void invalid_pointer(const char *entry, const void *p, const void *site);

/* The same for p in a page of jemalloc's, when all objects there have tags and p has none: says in
 * which live object it lies, or that there is none.  Outside the gate. */
_Noreturn hidden cold void invalid_large(const char *entry, const void *p, const void *site);

/* In the constructor: from now on death messages tell in which module the call is, where the loader
 * can say so without a lock. */
hidden void invalid_pointer_setup(void);

#endif
