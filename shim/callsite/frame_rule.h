/* How one frame finds its caller: a property of the return address into it.
 *
 * At a return address a walk knows two registers: sp, just after that address was popped, and
 * rbp.  CFA is the frame's canonical address, the caller's sp after the return:
 *
 *      sp ->  | locals, saved registers |  rbp is at CFA + rbp_at, if the frame saved it
 *             | next return address     |  at CFA - 8
 *     CFA ->  | the caller's frame      |
 *
 * One step:  CFA = (sp or rbp) + delta;  ra' = [CFA - 8];  rbp' = rbp_at ? [CFA + rbp_at] : rbp;
 * sp' = CFA.  A next return address of 0 ends the walk, as RULE_END does.
 *
 * What must be proven before a step reads the stack is in frame_step.h.  Everything here computes
 * and loads only: any thread, signal handlers too.
 */
#ifndef SHIM_FRAME_RULE_H
#define SHIM_FRAME_RULE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum rule_kind {
  RULE_UNKNOWN, /* not learned yet */
  RULE_SP,      /* CFA = sp + delta */
  RULE_BP,      /* CFA = rbp + delta */
  RULE_END,     /* the outermost frame: it has no caller */
  RULE_NEVER,   /* no rule of ours describes the frame: libunwind must be asked each time */
  RULE_NONE     /* the code has no unwind information: libunwind can only guess */
};

struct rule {
  union {
    int32_t delta;   /* RULE_SP, RULE_BP: bytes */
    bool by_start;   /* RULE_END: the address is a function's first byte, and no call returns to it.
                      * A fiber was set up so; an unwinder that looks up the byte below the address
                      * finds another function's unwind information. */
    int32_t guesses; /* RULE_NONE: distinct guesses that were believed */
  };
  union {
    int16_t rbp_at; /* RULE_SP, RULE_BP: bytes from the CFA; 0: the frame does not change rbp */
    int16_t misses; /* RULE_NONE: wrong guesses in a row */
  };
  uint8_t kind; /* an enum rule_kind */
};
static_assert(sizeof(struct rule) <= 8, "a rule fits into one word");

/* Can a step follow the rule? */
static inline bool rule_is_plain(struct rule r) { return r.kind - 1u < 2; }
static_assert(RULE_SP == 1 && RULE_BP == 2, "the plain kinds");

/* Where a walk is: at a return address, with the registers as they are after that return. */
struct cursor {
  uintptr_t ra, sp, bp;
};

/* The CFA of the frame at the cursor, by a plain rule (for another kind a meaningless number). */
static inline uintptr_t rule_cfa(struct rule r, const struct cursor *at) {
  return (uintptr_t)(intptr_t)r.delta + (r.kind == RULE_SP ? at->sp : at->bp);
}

/* Moves the cursor to the frame's caller.  The caller of this function has proven that the words at
 * cfa - 8 and, unless rbp_at is 0, at cfa + rbp_at can be read. */
static inline void cursor_move(struct cursor *at, struct rule r, uintptr_t cfa) {
  if (r.rbp_at != 0)
    at->bp = *(const uintptr_t *)(cfa + (uintptr_t)(intptr_t)r.rbp_at);
  at->sp = cfa;
  at->ra = ((const uintptr_t *)cfa)[-1];
}

#endif
