/* jemalloc's "thread.allocated", "thread.deallocated", and the addresses of both ("...p"), with the
 * small objects of our heap counted, too.
 *
 *   thread.allocated   = jemalloc's figure + bytes of the cells that this thread took
 *   thread.deallocated = jemalloc's figure + bytes of its own arena's cells that it freed
 *
 * The heap's part is counted from the thread's start, or, in a thread whose arena served others
 * before, from its first question.  The values at "allocatedp" and "deallocatedp" are updated by
 * each of the four questions, not by malloc, whose fast path counts nothing.
 *
 * Any thread, for itself; not in signal handlers.
 */
#ifndef SHIM_THREAD_COUNTERS_H
#define SHIM_THREAD_COUNTERS_H

#include "base.h"

enum { THREAD_COUNTERS = 4 };

/* The number of the counter with that name; THREAD_COUNTERS if it is none of the four. */
hidden unsigned thread_counter(const char *name);

/* The same for a name that jemalloc has translated into `length` numbers.  jemalloc has started. */
hidden unsigned thread_counter_of_mib(const size_t *mib, size_t length);

/* Answers for the counter `which` of the calling thread, with mallctl's arguments and result: 0;
 * EINVAL if *old_size is not 8, and as much of the value as fits is copied; EPERM if `new` is not
 * NULL.  From the first call on the thread's large requests do not use our thread cache, so that
 * jemalloc counts them. */
hidden int thread_counter_read(unsigned which, void *old, size_t *old_size, const void *new);

#endif
