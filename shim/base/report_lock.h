/* The report lock: one report, one dump, or one visit of all call sites at a time; each of the
 * three has a lock of its own.
 *
 * The thread that holds a lock has the signals of ARENASHIM_SIGNAL blocked: their handler, in the
 * same thread, could only find the lock taken, and its report would be lost.  Any thread, signal
 * handlers too.  No memory is asked for; errno is kept.
 */
#ifndef SHIM_REPORT_LOCK_H
#define SHIM_REPORT_LOCK_H

#include "base.h"

#include <pthread.h>
#include <signal.h>

struct report_lock {
  atomic_flag taken;
  _Atomic(pthread_t) thread; /* that holds it; 0: none */
  sigset_t before;           /* the signal mask of that thread before it took the lock */
};
#define REPORT_LOCK_FREE                                                                           \
  { .taken = ATOMIC_FLAG_INIT }

/* Takes the lock, and waits up to `patience_ms` milliseconds while another thread holds it (0: not
 * at all, which a signal handler must ask for).  False if the lock is still held then, or at once
 * if the calling thread holds it itself. */
hidden bool report_lock_take(struct report_lock *l, unsigned patience_ms);

/* Gives the lock back and restores the signal mask.  By the thread that took it. */
hidden void report_lock_release(struct report_lock *l);

/* Does the calling thread hold the lock? */
hidden bool report_lock_is_mine(const struct report_lock *l);

/* In the child of a fork: releases the lock, because a thread that held it does not exist here.
 * False, and still held, if it is the calling thread's, which forked in a signal handler and goes
 * on with what it was writing. */
hidden bool report_lock_fork_child(struct report_lock *l);

#endif
