/* The process's life as the shim sees it: its first malloc, its start, forks, thread ends, exit. */
#ifndef SHIM_START_H
#define SHIM_START_H

#include "../arena/base.h"
#include "options.h"

/* Reads the options and reserves the range at the first call.  True if small requests can be
 * served from heaps; false if the shim is disabled, has no address space, or another thread
 * is in the middle of the first call. */
hidden bool start_once(void);

/* Legal once start_once has been called; read-only. */
hidden const struct options *start_options(void);

/* Requests made before the library's constructor, which opens the unwinder: their path is one frame
 * where more were asked for.  Of the process that called exec, like all counts of captures. */
hidden uint64_t start_early_requests(void);

/* Are paths one frame long although more were asked for?  libunwind.so.8 was not there. */
hidden bool start_lacks_unwinder(void);

/* When this process began, by exec or by a fork: nanoseconds of UNIX time; and how many have passed
 * since, by a clock that nobody sets.  0 before the library's constructor has run. */
hidden uint64_t start_began_ns(void);
hidden uint64_t start_lived_ns(void);

/* Is this process the child of a fork, with counts of its own? */
hidden bool start_is_forked(void);

#endif
