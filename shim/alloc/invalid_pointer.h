/* The end of the program for an invalid pointer: one that no allocator has handed out.
 *
 * One line on stderr says which function got it, called from where, and what is wrong (fault.h);
 * then abort.  `entry` is the name of the function that the program called, `caller` the code
 * address it was called from.  Any thread, outside the gate; nothing is allocated and no lock is
 * taken.
 */
#ifndef SHIM_INVALID_POINTER_H
#define SHIM_INVALID_POINTER_H

#include "base.h"

/* p is in no page of jemalloc's, in no arena and is no fallback object: says what lies there
 * according to /proc/self/maps. */
_Noreturn hidden cold void invalid_pointer(const char *entry, const void *p, const void *caller);

/* p is in a page of jemalloc's, all objects there have tags, and p has none; or it is where huge
 * objects are, and none of them: says in which live object it lies, or that there is none. */
_Noreturn hidden cold void invalid_large(const char *entry, const void *p, const void *caller);

/* In the constructor: from now on all lines of this kind say in which module the call is, if the
 * loader can be asked without a lock. */
hidden void invalid_pointer_setup(void);

#endif
