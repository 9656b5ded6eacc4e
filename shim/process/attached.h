/* Tags, of samples or of all requests, asked for from outside while the process runs (`arenashim
 * attach`).
 *
 *   another process           this one, in slow paths
 *   control.sequence + 1  ->  the first thread that sees it: paths and modules are prepared, and
 *                             tags switched on (tagged_attach)
 *                         ->  each thread, when it sees it: its arena begins (tagged_follow)
 *
 * No signal, no thread, no descriptor: the word lies in memory that the other process can write
 * (pieces.h).  A thread that makes no slow path has not joined; its arena's `joined` says so.  Who
 * writes nonsense switches tags on or off, and no more.
 *
 * Not for a process that has tags since its start, which record_process.refused then says.
 */
#ifndef SHIM_ATTACHED_H
#define SHIM_ATTACHED_H

#include "base.h"

/* Looks at the control word, and does for the calling thread what it asks.  In slow paths, with the
 * thread's heap whole; keeps errno. */
hidden void attach_look(void);

/* In the child of a fork: what another thread of the parent had begun is forgotten. */
hidden void attach_fork_child(void);

#endif
