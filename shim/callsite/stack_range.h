/* Which pages of a stack are known to be readable.
 *
 * Two kinds of stack:
 *
 *   the thread's own      between the stack pointer and its end every page is there for as long as
 *                         the thread lives: what was known once stays known
 *   any other (fibers,    may be unmapped, protected or made shorter at any moment when nobody is
 *   signal stacks)        on it: what is known is forgotten when the stack pointer leaves the pages
 *
 * For a thread's own stack the end is known (the kernel's, or where the thread's TLS begins).  The
 * main thread's needs no system call: nothing but the stack lies within its limit below the end.
 * Pages of the others are tried by one, os_readable.
 *
 * A range alone does not prove that a page is there: a fiber may have left its stack and come back
 * between two captures, without any in between, to a stack that is mapped again, and smaller.  The
 * proof is in capture.h.
 */
#ifndef SHIM_STACK_RANGE_H
#define SHIM_STACK_RANGE_H

#include "base.h"

struct stack_range {
  uintptr_t low, bytes;       /* known now: [low, low + bytes), whole pages */
  uintptr_t own_low, own_end; /* of the stack of the thread below, as far as known */
  uintptr_t thread;           /* its thread pointer; 0: none yet */
};

/* In the library's constructor, by the main thread.  Before that nothing is known of its stack. */
hidden void stack_range_setup(void);

static inline bool stack_knows(const struct stack_range *r, uintptr_t address) {
  return address - r->low < r->bytes;
}

/* The stack pointer was seen outside the range: `word`, which was just pushed, is on the stack that
 * is in use now, and the range becomes what is known of that one.  System calls unless it is the
 * main thread's or known to be the thread's own.  For the thread that uses the range; signals may
 * interrupt.  errno is kept. */
hidden void stack_learn(struct stack_range *r, uintptr_t word);

/* Can the word be read?  Pages that follow the range closely become part of it.  Calling rules of
 * stack_learn. */
hidden bool stack_can_read(struct stack_range *r, uintptr_t address);

/* Another thread takes the range over: nothing is known. */
static inline void stack_forget(struct stack_range *r) { *r = (struct stack_range){.thread = 0}; }

#endif
