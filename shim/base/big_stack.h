/* Work with large frames, on a stack of its own: the program's may be a fiber's of a few KiB.
 *
 * No frame of ours on the program's stack is above 1 KiB (Makefile: -Wframe-larger-than); what
 * needs more is reached through here.
 */
#ifndef SHIM_BIG_STACK_H
#define SHIM_BIG_STACK_H

#include "base.h"

/* Runs function(argument) on a stack that is mapped for it; on the caller's if memory is refused.
 * Handlers of signals that arrive meanwhile run there, too.  Any thread, signal handlers too; errno
 * is kept around the mapping, not around the function. */
hidden void on_big_stack(void (*function)(void *argument), void *argument);

#endif
