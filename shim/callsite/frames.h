/* From one frame of a path to the next, and which of libunwind's answers are believed.
 *
 * Code with unwind information has a rule, or libunwind follows it.  Where there is none libunwind
 * guesses, by what lies where a frame pointer would be; a guess is believed if a call precedes that
 * address in the code of a module, and while there are not too many different ones.  Addresses that
 * are no code of a module are never believed: code is made at run time at ever new ones, and above
 * a fiber's first frame lies anything.
 *
 * A path that can't go on ends with the mark (path_tree.h), so that it is one call site however
 * often it is met with other data, and is counted as cut.
 *
 * All are for the thread that has the capture.  NULL: the tree has no room.
 */
#ifndef SHIM_FRAMES_H
#define SHIM_FRAMES_H

#include "capture_state.h"

/* GUESSES_MAX: distinct guesses that are believed behind one address.  Hand-written code and the
 * builtins of V8 have dozens of callers; data that is taken for frames has any number.
 * MISSES_MAX: wrong guesses in a row after which libunwind is not asked again for that address. */
enum { GUESSES_MAX = 1024, MISSES_MAX = 1024 };

static inline bool frames_hopeless(struct rule r) {
  return r.kind == RULE_NONE && r.misses >= MISSES_MAX;
}

/* How the frame of n's address finds its caller, learned if nobody has. */
hidden struct rule frames_rule(struct capture *c, struct node *n);

/* The node above n for a return address that a rule found; or the mark. */
hidden struct node *frames_next(struct capture *c, struct node *n, uintptr_t ra);

/* The node above n for a return address that libunwind found; or the mark. */
hidden struct node *frames_add(struct capture *c, struct node *n, uintptr_t ra);

/* Where a walk ends with which libunwind did not go on at n: n, or the mark.  ended: it took n for
 * the outermost frame.  It also does where it guessed a frame pointer of 0, which is right for the
 * loader's first code alone. */
hidden struct node *frames_end(struct capture *c, struct node *n, bool ended, bool in_loader);

/* The path ends at n (or at the root, without a frame) with the mark. */
hidden struct node *frames_lose(struct capture *c, struct node *n);

#endif
