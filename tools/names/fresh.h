/* What a function does first with memory that it has just been given: read from its code.
 *
 *   call operator new        the pointer is in rax
 *   mov %rax,%rbx            and in rbx
 *   mov %rbx,%rdi            and the next call's first argument:
 *   call AdminSession::...   that is what it does first
 *
 * Followed is one straight line of x86-64's instructions that compilers use there, up to the first
 * jump, or one that is not known.  So what is found does happen.
 */
#ifndef TOOLS_FRESH_H
#define TOOLS_FRESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fresh_kind {
  FRESH_UNKNOWN,
  FRESH_CALL, /* passed as the first argument */
  FRESH_STORE /* written to */
};

struct fresh {
  enum fresh_kind kind;
  size_t at;       /* offset of that instruction in the code */
  int64_t target;  /* of FRESH_CALL: offset of the function from the code's start */
  bool has_target; /* it is known */
};

/* Of the code that a call that returned memory returns to. */
struct fresh fresh_find(const unsigned char *code, size_t bytes);

#endif
