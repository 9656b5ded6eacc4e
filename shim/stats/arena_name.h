/* What an arena is called: the name of the thread that has it, or of the last thread that had it.
 */
#ifndef SHIM_ARENA_NAME_H
#define SHIM_ARENA_NAME_H

#include "heap.h"

/* Sets name to the arena's name, "" if it cannot be read; `self` is the kernel's id of the calling
 * thread.  Any thread, signal handlers too. */
hidden void arena_name(const struct heap *h, uint32_t self, char name[16]);

#endif
