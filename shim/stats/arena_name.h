/* What an arena is called: the name of the thread that has it, or of the last one that had. */
#ifndef SHIM_ARENA_NAME_H
#define SHIM_ARENA_NAME_H

#include "heap.h"

/* Any thread, signal handlers too; `self` is the kernel's id of the one that asks. */
hidden void arena_name(const struct heap *h, uint32_t self, char name[16]);

#endif
