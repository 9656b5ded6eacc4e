/* Threads' stacks in the books of mappings: libc maps them itself, so the thread books its own.
 *
 *   pthread_create ──> a cell: start, argument, site ──> new thread: mapped_thread_starts books its
 *                                                        stack, then jumps to start
 *   thread's end (alloc/setup.h)                     ──> it is taken out: libc keeps it for another
 *                                                        thread, or unmaps it
 *
 * Where the stack lies is read in the thread's control block, which libc keeps at its upper end:
 * two words there are its address and its size.  A stack of the program's own is not booked: it is
 * part of something that is.  Nothing of a thread's call path changes, because of the jump.
 */
#ifndef SHIM_MAPPED_THREADS_H
#define SHIM_MAPPED_THREADS_H

#include "base.h"

#include <pthread.h>

typedef void *thread_function(void *argument);

/* A cell for a thread that starts with that function, of a pthread_create for that arena (its
 * number + 1; 0: none) at that site.  NULL: too many are in use, or the program brings the stack.
 * Any thread. */
struct thread_cell;
hidden struct thread_cell *mapped_thread_new(const pthread_attr_t *attributes,
                                             thread_function *start, void *argument, uint32_t arena,
                                             uint32_t site);

/* After the call for which mapped_thread_new gave that cell: was the thread made? */
hidden void mapped_thread_made(struct thread_cell *cell, bool made);

/* What the thread is started with; `cell` is its argument. */
hidden void *mapped_thread_starts(void *cell);

/* In a fork's child, which has one thread.  Returns an address in its stack, if that is in the
 * books; 0: it is not. */
hidden uintptr_t mapped_thread_fork_child(void);

#endif
