/* The end of the process: the last report and dump, once, however it ends by itself.
 *
 *   return, exit, the last thread's end    our destructor
 *   quick_exit                             the program's at_quick_exit handlers, then ours
 *   _exit, _Exit                           ours, in the shim's exports
 *
 * Not after execve, abort or a signal; not by the child of a vfork, which has its parent's memory,
 * nor by _exit of a fork whose handlers did not run; its exit writes them.
 */
#ifndef SHIM_EXIT_H
#define SHIM_EXIT_H

#include "base.h"

/* In the constructor, when a report or dump is wanted at exit. */
hidden void exit_setup(void);

/* In the child of a fork: it ends by itself. */
hidden void exit_forget(void);

/* Writes them, if that has not begun yet; errno is kept. */
hidden void exit_write(void);

#endif
