/* Which pages of a stack are known to be readable.
 *
 * Two kinds of stack:
 *
 *   the thread's own      between the stack pointer and the stack's end every page is there for as
 *                         long as the thread lives: what was known once stays known
 *   any other (fibers,    may be unmapped, protected or made shorter at any moment when no thread
 *   signal stacks)        runs on it: what is known is forgotten when the stack pointer leaves the
 *                         pages
 *
 * The end of a thread's own stack is known: of the main thread's from the kernel, of another's
 * because the thread's TLS begins there.  The main thread's pages need no system call, because
 * nothing but the stack lies within its limit below the end.  Pages of the others are tried by one,
 * os_readable.
 *
 * A range alone does not prove that a page is there: between two captures a fiber may have left its
 * stack and come back to one that is mapped again, and smaller.  The proof is in frame_step.h.
 */
#ifndef SHIM_STACK_RANGE_H
#define SHIM_STACK_RANGE_H

#include "base.h"

struct stack_range {
  uintptr_t low, bytes;       /* known now: [low, low + bytes), whole pages */
  uintptr_t own_low, own_end; /* known of that thread's own stack: [own_low, own_end) */
  uintptr_t thread;           /* a thread pointer (cpu_thread in arch.h); 0: none yet */
};

/* Finds the limits of the main thread's stack.  Once, in the library's constructor, by the main
 * thread; before that its stack is treated like that of any other thread. */
hidden void stack_range_setup(void);

/* Is the address in a page of the range? */
static inline bool stack_knows(const struct stack_range *r, uintptr_t address) {
  return address - r->low < r->bytes;
}

/* The stack pointer was seen outside the range.  The address `word`, which was just pushed to, is
 * on the stack that is in use now, and the range becomes what is known of that stack.  Makes system
 * calls, unless the stack is the main thread's or known to be the thread's own.  Only for the
 * thread that uses the range, with its signal handlers.  Keeps errno. */
hidden void stack_learn(struct stack_range *r, uintptr_t word);

/* Can the word at this address be read?  Pages that follow the range closely become part of it.
 * Calling rules of stack_learn. */
hidden bool stack_can_read(struct stack_range *r, uintptr_t address);

/* Another thread takes the range over: nothing is known.  Only for that thread. */
static inline void stack_forget(struct stack_range *r) { *r = (struct stack_range){.thread = 0}; }

#endif
