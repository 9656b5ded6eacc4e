/* From one frame of a path to the next, and which of libunwind's answers are believed.
 *
 * Code with unwind information has a rule, or libunwind follows it.  Code without it makes
 * libunwind guess, by the word that lies where a frame pointer would be.  A guess is believed if a
 * call precedes that address in the code of a module, and while there are not too many different
 * ones.  Addresses outside of the modules' code are never believed: programs that make code at run
 * time make it at new addresses all the time, and above a fiber's first frame any data may lie.
 *
 * A path that can't go on ends with the mark (path_tree.h) and is counted as cut.  So it is one
 * call site, whatever data lies on the stack above it.
 *
 * All functions are for the thread that has the capture.  Those that add a frame return false if
 * the path ends instead.
 */
#ifndef SHIM_FRAMES_H
#define SHIM_FRAMES_H

#include "call_path.h"
#include "capture_state.h"

/* GUESSES_MAX: distinct guesses that are believed for one address.  Hand-written code and the
 * builtins of V8 have dozens of callers; data that is taken for frames has any number of them.
 * MISSES_MAX: wrong guesses in a row after which libunwind is not asked again for that address. */
enum { GUESSES_MAX = 1024, MISSES_MAX = 1024 };

/* Is it useless to ask libunwind for the caller of a frame with this rule? */
static inline bool frames_hopeless(struct rule r) {
  return r.kind == RULE_NONE && r.misses >= MISSES_MAX;
}

/* How the frame of an address finds its caller.  Learns the rule if it is not known. */
hidden struct rule frames_rule(struct capture *c, uintptr_t address);

/* Adds the caller whose return address a rule found, if that is code of a module; else ends the
 * path with the mark. */
hidden bool frames_next(struct capture *c, struct call_path *p, uintptr_t ra);

/* Adds the caller whose return address libunwind found, if that is believed; else ends the path
 * with the mark. */
hidden bool frames_add(struct capture *c, struct call_path *p, uintptr_t ra);

/* Ends a path that libunwind did not continue, with the mark if that must be.  ended: libunwind
 * took its last frame for the outermost one.  It also does so when it guesses, and finds a frame
 * pointer of 0; that is right only for the loader's first code (in_loader). */
hidden void frames_end(struct capture *c, struct call_path *p, bool ended, bool in_loader);

/* Ends the path with the mark, and counts it as cut and lost.  Returns false. */
hidden bool frames_lose(struct capture *c, struct call_path *p);

#endif
