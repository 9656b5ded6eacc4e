/* The end of the process: the last report and dump are written once, whichever way it ends itself.
 *
 *   return from main, exit, the last thread's end    by our destructor (start.c)
 *   quick_exit                                       by a handler that runs after the program's
 *   _exit, _Exit                                     by our functions of these names
 *
 * They are not written at execve, abort or a signal.  The child of a vfork writes none, because it
 * runs in its parent's memory.  The child of a fork whose handlers did not run writes them at exit,
 * not at _exit.
 */
#ifndef SHIM_EXIT_H
#define SHIM_EXIT_H

#include "base.h"

/* From now on the process writes them at its end.  Once, in the constructor, if ARENASHIM_STATS or
 * ARENASHIM_DUMP is set. */
hidden void exit_setup(void);

/* In the child of a fork: it has an end of its own, at which nothing has been written yet.  Writes
 * none if exit_setup was not called, or if a sandbox forbids it. */
hidden void exit_fork_child(void);

/* Writes them if that has not begun yet, and waits up to 10 seconds for a thread that has begun.
 * Does nothing if exit_setup was not called, or in the child of a vfork.  At exit, any thread;
 * errno is kept. */
hidden void exit_write(void);

#endif
