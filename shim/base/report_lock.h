/* Turns: reports, dumps and looks at all call sites happen one at a time each.
 *
 * Who has a turn has our signals blocked: their handler, in the same thread, could only find the
 * turn taken, and that report would be lost.  No memory is asked for; errno is kept.
 */
#ifndef SHIM_REPORT_LOCK_H
#define SHIM_REPORT_LOCK_H

#include "base.h"

#include <pthread.h>
#include <signal.h>

struct report_lock {
  atomic_flag taken;
  _Atomic(pthread_t) thread; /* who has it; 0: nobody */
  sigset_t before;           /* what that thread had blocked */
};
#define REPORT_LOCK_FREE                                                                           \
  { .taken = ATOMIC_FLAG_INIT }

/* Waits that long, 0 in a signal handler, while another thread has the turn.  False: it is still
 * taken, or the calling thread has it itself. */
hidden bool report_lock_take(struct report_lock *t, unsigned patience_ms);
hidden void report_lock_release(struct report_lock *t);

/* The calling thread has it. */
hidden bool report_lock_is_mine(const struct report_lock *t);

/* In the child of a fork: whoever had it is gone.  False: it is the calling thread, which forked in
 * a signal handler and goes on with it. */
hidden bool report_lock_fork_child(struct report_lock *t);

#endif
