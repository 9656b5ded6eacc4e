/* ARENASHIM_DUMP_AT: a dump before memory runs out, while the process still can write one. */
#ifndef SHIM_DUMP_AT_H
#define SHIM_DUMP_AT_H

#include "base.h"

/* Begins to watch.  In the constructor, if the option is set, after all that a dump needs. */
hidden void dump_at_setup(void);

/* The calling thread has taken so many bytes more: looks at the limits if it is time.  Only after
 * dump_at_setup; in slow paths, with the thread's heap whole; keeps errno. */
hidden void dump_at_look(size_t bytes);

/* In the child of a fork: goes on watching, although a thread of the parent may have been looking.
 */
hidden void dump_at_fork_child(void);

#endif
