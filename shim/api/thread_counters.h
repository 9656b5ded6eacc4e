/* jemalloc's "thread.allocated" and its kin, which count what this heap serves, too.
 *
 *   thread.allocated   = jemalloc's figure + cells that this thread took, in bytes of cells
 *   thread.deallocated = jemalloc's figure + cells of its own arena that it freed
 *
 * The heap's part is counted from the thread's start, or, in a thread whose arena served others
 * before, from its first question.  What lies at "allocatedp" and "deallocatedp" is brought up to
 * date by each of the four questions: malloc's fast path counts nothing.
 */
#ifndef SHIM_THREAD_COUNTERS_H
#define SHIM_THREAD_COUNTERS_H

#include "base.h"

enum { THREAD_COUNTERS = 4 };

/* Which of them that is; THREAD_COUNTERS: none. */
hidden unsigned thread_counter(const char *name);
hidden unsigned thread_counter_of_mib(const size_t *mib, size_t length);

/* Answers as mallctl does, for the calling thread; its requests pass by no more caches of ours. */
hidden int thread_counter_read(unsigned which, void *old, size_t *old_size, const void *new);

#endif
