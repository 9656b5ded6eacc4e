/* Maps a stack and runs a function on it; contract in big_stack.h. */
#include "big_stack.h"
#include "arch_stack.h"
#include "os.h"

enum { BIG_STACK_BYTES = 256 << 10 }; /* most of it is never touched, and takes no memory */

void on_big_stack(void (*function)(void *argument), void *argument) {
  char *stack = os_stack_map(BIG_STACK_BYTES);
  if (stack == NULL) {
    function(argument);
    return;
  }
  on_stack(stack + BIG_STACK_BYTES, function, argument);
  os_stack_unmap(stack, BIG_STACK_BYTES);
}
