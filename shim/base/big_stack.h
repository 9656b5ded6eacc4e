/* Runs functions with large frames on a stack of their own: the program's stack may be a fiber's,
 * of a few KiB.
 *
 * Each of our frames on the program's stack has at most 1 KiB (Makefile: -Wframe-larger-than); a
 * function that needs more is called through here.
 */
#ifndef SHIM_BIG_STACK_H
#define SHIM_BIG_STACK_H

#include "base.h"

/* Runs function(argument) on a stack of 256 KiB that is mapped for it, or on the caller's stack if
 * memory is refused.  Handlers of signals that arrive meanwhile run on the mapped stack, too.  Any
 * thread, signal handlers too.  Mapping and unmapping keep errno; the function may change it. */
hidden void on_big_stack(void (*function)(void *argument), void *argument);

#endif
