/* How one frame finds its caller: a property of the return address into it.
 *
 * At a return address the walker knows two registers: sp, just after that address was popped,
 * and rbp.  CFA is the frame's canonical address, the caller's sp after the return:
 *
 *      sp ->  | locals, saved registers |  rbp is at CFA + rbp_at, if the frame saved it
 *             | next return address     |  at CFA - 8
 *     CFA ->  | the caller's frame      |
 *
 * One step:  CFA = (sp or rbp) + delta;  ra' = [CFA - 8];  rbp' = rbp_at ? [CFA + rbp_at] : rbp;
 * sp' = CFA.  A next return address of 0 ends the walk like RULE_END does.  Whoever replays a
 * rule must see that sp < CFA, inside the thread's stack, before the loads.
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
  RULE_END,     /* the outermost frame: no caller */
  RULE_NEVER,   /* can't be replayed: libunwind must be asked each time */
  RULE_NONE     /* no unwind information: libunwind can only guess */
};

struct rule {
  union {
    int32_t delta;
    bool by_start;   /* RULE_END: the address is a function's first byte and no call's return.  A
                      * fiber was set up so; an unwinder that goes by the byte below the address finds
                      * another function's information. */
    int32_t guesses; /* RULE_NONE: distinct ones that were believed */
  };
  union {
    int16_t rbp_at; /* 0: the frame leaves rbp alone */
    int16_t misses; /* RULE_NONE: wrong guesses in a row */
  };
  uint8_t kind; /* an enum rule_kind */
};

static inline bool rule_is_plain(struct rule r) { return r.kind - 1u < 2; }
static_assert(RULE_SP == 1 && RULE_BP == 2, "the plain ones");

static_assert(sizeof(struct rule) <= 8, "a rule fits into one word");

#endif
