/* dlopen without RTLD_DEEPBIND.
 *
 * A library that is opened with this flag, as PHP opens its extensions, looks for malloc in itself
 * and in the libraries that it needs before it looks in the program: it finds libc's malloc, and
 * its objects then reach our free.  So dlopen is interposed: it removes the flag, counts that, and
 * is otherwise libc's.  (A library that dlmopen opens in another namespace has a libc of its own
 * and keeps the flag.)
 */
#ifndef SHIM_DEEPBIND_H
#define SHIM_DEEPBIND_H

#include <stdint.h>

#include "base.h"

/* How often the flag was removed in this process and its ancestors by fork.  Any thread, any
 * context. */
hidden uint64_t deepbind_count(void);

#endif
