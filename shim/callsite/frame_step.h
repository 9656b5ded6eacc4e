/* One step of a walk over the stack, and what may be read for it.
 *
 * Stacks of fibers are unmapped, protected and made shorter between any two captures: that a page
 * was there before does not say that it is there now.  A word is read only if a frame proves it:
 *
 *   the word below the frame of malloc's caller is malloc's return address: a call has just pushed
 *   it;
 *   a return address that is a call's (cfi.h) has a frame, whose function goes on when that call
 *   returns: by its unwind information all of its stack up to its CFA is there, and its own
 *   return address below that.  This is the next word, and so on.
 *
 * So a word is read only when all words before it are what they were when the rules were learned.
 * Paths are therefore compared word by word in the order of frames, up to the first that differs.
 *
 * One word is not proven: a function that a fiber entered by a jump, with its stack pointer at the
 * very end of the stack, has no return address, and the word where one would be begins a page.
 * Such a word (programs that keep the ABI's alignment have none) is read after the kernel said that
 * it is there.
 *
 * Unwind information may be wrong.  Against that, all of this happens within the pages that are
 * known of the stack in use (stack_range.h).
 */
#ifndef SHIM_FRAME_STEP_H
#define SHIM_FRAME_STEP_H

#include "frame_rule.h"
#include "os.h"
#include "stack_range.h"

/* Does the frame before it prove that this word can be read?  Not if the word begins a page. */
static inline bool frame_proves(uintptr_t word) { return word % PAGE_BYTES != 0; }

/* Moves the cursor to the caller of its frame.  False, with the cursor as it was, if the rule is
 * not plain, or if the words needed are not proven and known: then frame_step may still succeed.
 * Makes no system call.  For the thread that uses the range; signal handlers too. */
static inline bool frame_step_known(const struct stack_range *known, struct cursor *at,
                                    struct rule r) {
  uintptr_t cfa = rule_cfa(r, at), word = cfa - sizeof cfa;
  if (unlikely(!rule_is_plain(r) || cfa <= at->sp || !stack_knows(known, word) ||
               !frame_proves(word)))
    return false;
  cursor_move(at, r, cfa);
  return true;
}

/* Moves the cursor to the caller of its frame, by a plain rule, and asks the kernel where a word is
 * not proven or not known; the range learns from the answer.  False, with the cursor as it was: the
 * stack is not what the rule needs.  For the thread that uses the range; signal handlers too.
 * Keeps errno. */
static inline bool frame_step(struct stack_range *known, struct cursor *at, struct rule r) {
  uintptr_t cfa = rule_cfa(r, at), word = cfa - sizeof cfa;
  if (cfa <= at->sp || cfa % sizeof cfa != 0 || !(frame_proves(word) || os_readable(word)) ||
      !stack_can_read(known, word))
    return false;
  if (r.rbp_at != 0 && !stack_can_read(known, cfa + (uintptr_t)(intptr_t)r.rbp_at))
    return false;
  cursor_move(at, r, cfa);
  return true;
}

#endif
