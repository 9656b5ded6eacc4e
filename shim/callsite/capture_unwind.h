/* libunwind at work for a capture: the rest of a walk where a frame follows no rule, and its own
 * answer to compare with.
 *
 * libunwind may ask for memory.  While it runs, the arena's `busy` says so, and such a request is
 * served without a capture of its own.  It runs inside the gate (fork_gate.h), on a stack of its
 * own, and holds no lock of ours (unwinder.h).
 *
 * All functions here are for the thread that has h.  Signal handlers too, unless they interrupted
 * libunwind, which capture_is_nested finds out.
 */
#ifndef SHIM_CAPTURE_UNWIND_H
#define SHIM_CAPTURE_UNWIND_H

#include "call_path.h"
#include "capture_state.h"

/* While `busy` is set: did libunwind make this request?  Every request made while it works is its
 * own, unless its work was left by a jump out of a signal handler: then the stack is shallower than
 * it was, `busy` is cleared, and the answer is false. */
hidden bool capture_is_nested(struct heap *h, const void *frame);

/* Adds the frames above the cursor, which is in the path's last frame and has that room outside it,
 * as libunwind finds them.  `frame` is the request's, as for capture_site. */
hidden void capture_unwind_rest(struct heap *h, struct call_path *p, struct cursor at,
                                struct path_room room, const void *frame);

/* libunwind's own answer: the return addresses of the path of the request whose caller's frame is
 * `frame`, innermost first, up to n.  *found says how many.  False: it can't be asked now. */
hidden bool capture_backtrace(struct heap *h, const void *frame, uintptr_t *out, unsigned n,
                              unsigned *found);

#endif
