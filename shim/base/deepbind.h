/* dlopen and dlmopen, for libraries that are opened with RTLD_DEEPBIND.
 *
 * A library that is opened with this flag, as PHP opens its extensions, looks for malloc in itself
 * and in the libraries that it needs before it looks in the program: it finds libc's malloc, and
 * its objects then reach our free.  So they are interposed.  The first such open makes libc's
 * table of names lead to us (libc_names.h); where that is impossible, each loses the flag, which is
 * counted.  All else is libc's.  (A library in another namespace has a libc of its own and
 * keeps the flag.)
 */
#ifndef SHIM_DEEPBIND_H
#define SHIM_DEEPBIND_H

#include <stdint.h>

#include "base.h"

/* How often the flag was lost in this process and its ancestors by fork.  Any thread, any
 * context. */
hidden uint64_t deepbind_count(void);

#endif
