/* A stack for a while; contract in big_stack.h. */
#include "big_stack.h"
#include "arch_stack.h"
#include "os.h"

enum { ASIDE_BYTES = 256 << 10 }; /* most of it is never touched */

void on_big_stack(void (*function)(void *argument), void *argument) {
  char *stack = os_stack_map(ASIDE_BYTES);
  if (stack == NULL) {
    function(argument);
    return;
  }
  on_stack(stack + ASIDE_BYTES, function, argument);
  os_stack_unmap(stack, ASIDE_BYTES);
}
