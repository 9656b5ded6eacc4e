/* What walking and changing stacks needs of the processor: registers, calls, the return address.
 *
 * x86-64; a port adds its own section, as in arena/arch.h.  Nothing here makes a system call or
 * asks for memory: any thread, signal handlers too.
 */
#ifndef SHIM_ARCH_STACK_H
#define SHIM_ARCH_STACK_H

#include "base.h"

#include <ucontext.h>

/* Where a frame's return address lies: bytes from its CFA, the stack pointer before the call. */
enum { RETURN_ADDRESS_AT = -8 };

enum { CALL_BYTES_MAX = 7 }; /* of a call instruction that arch_is_call knows */

/* Does a call instruction end at `end`?  Reads up to CALL_BYTES_MAX bytes before it, which must be
 * readable, and knows two forms: e8 with a distance of four bytes, and ff /2 with an operand in a
 * register or in memory.  Data that looks like one of them gives true as well. */
static inline bool arch_is_call(const unsigned char *end) {
  static const unsigned char rest[] = {2, 3, 4, 6, 7}; /* bytes of ff /2, by form of operand */
  if (end[-5] == 0xe8)
    return true;
  for (unsigned i = 0; i < sizeof rest; i++)
    if (end[-rest[i]] == 0xff && (end[1 - rest[i]] & 0x38) == 0x10)
      return true;
  return false;
}

/* Makes *c a machine context whose integer registers all hold `value`. */
static inline void context_fill(ucontext_t *c, uintptr_t value) {
  *c = (ucontext_t){0};
  for (int r = REG_R8; r <= REG_RIP; r++)
    c->uc_mcontext.gregs[r] = (greg_t)value;
}

/* Sets the instruction pointer, the stack pointer and the frame pointer: what unwinding needs. */
static inline void context_set(ucontext_t *c, uintptr_t ip, uintptr_t sp, uintptr_t bp) {
  c->uc_mcontext.gregs[REG_RIP] = (greg_t)ip;
  c->uc_mcontext.gregs[REG_RSP] = (greg_t)sp;
  c->uc_mcontext.gregs[REG_RBP] = (greg_t)bp;
}

/* Runs function(argument) on the stack that ends below `top`, then comes back.  Its unwind
 * information is right at every instruction: the frame is found through rbp, so that debuggers and
 * unwinders pass from one stack to the other.  A signal that arrives meanwhile is handled on that
 * stack, too, or on the thread's alternate signal stack. */
__attribute__((naked, noinline, unused)) static void
on_stack(__attribute__((unused)) void *top,
         __attribute__((unused)) void (*function)(void *argument),
         __attribute__((unused)) void *argument) {
  __asm__("push %rbp\n\t"
          ".cfi_def_cfa_offset 16\n\t"
          ".cfi_offset %rbp, -16\n\t"
          "mov %rsp, %rbp\n\t"
          ".cfi_def_cfa_register %rbp\n\t"
          "and $-16, %rdi\n\t"
          "mov %rdi, %rsp\n\t"
          "mov %rdx, %rdi\n\t"
          "call *%rsi\n\t"
          "leave\n\t"
          ".cfi_def_cfa %rsp, 8\n\t"
          "ret");
}

#endif
