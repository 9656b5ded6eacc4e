/* What a function does first with memory that it has just been given: read from its code.
 *
 *   call operator new        the pointer is in rax
 *   mov %rax,%rbx            and in rbx
 *   mov %rbx,%rdi            and the next call's first argument:
 *   call AdminSession::...   that is what it does first
 *
 * The x86-64 instructions that compilers use there are followed one after the other, up to the
 * first jump or unknown instruction: so what is found does happen.
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

/* `code` is what runs after a call that returned memory. */
struct fresh fresh_find(const unsigned char *code, size_t bytes);

#endif
