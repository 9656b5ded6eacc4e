/* Requests at the ends of long call paths, which share outer frames, inner ones, or both.
 * Usage: long_paths [on|fork|deep]     on: they go on for half a minute; fork: also in a child;
 * deep: also at each step of a deep recursion */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept;

#define CALL(name, next)                                                                           \
  __attribute__((noinline)) void name(size_t n) {                                                  \
    next;                                                                                          \
    __asm__ volatile("");                                                                          \
  }
CALL(f0, kept = malloc(n))
CALL(f1, f0(n))
CALL(f2, f1(n))
CALL(f3, f2(n))
CALL(f4, f3(n))
CALL(f5, f4(n))
CALL(f6, f5(n))
CALL(f7, f6(n))
CALL(f8, f7(n))
CALL(f9, f8(n))
CALL(f10, f9(n))
CALL(f11, f10(n))
CALL(f12, f11(n))
CALL(left, f12(n))
CALL(right, f12(n))

/* Asks at each of so many steps of a recursion, which has seven calls of itself. */
void deep(unsigned steps);
void odd(unsigned steps); /* calls deep; its frame follows no rule of ours: libunwind is asked */
__asm__(".type odd, @function\nodd: .cfi_startproc\n push %rbx\n"
        ".cfi_escape 0x0f, 2, 0x77, 16\n" /* DW_CFA_def_cfa_expression: rsp + 16 */
        "call deep\n pop %rbx\n .cfi_def_cfa 7, 8\n ret\n.cfi_endproc\n.size odd, . - odd");

__attribute__((noinline)) void deep(unsigned steps) {
  if (steps == 0)
    return;
  kept = malloc(80);
  if (steps == 100) {
    odd(steps - 1);
    return;
  }
  switch (steps % 7) {
#define STEP(i)                                                                                    \
  case i:                                                                                          \
    deep(steps - 1);                                                                               \
    __asm__ volatile(".skip 30 + 20 * " #i ", 0x90");                                              \
    break;
    STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6)
  }
}

/* The child asks at known paths, and at new ones over known outer frames. */
static int in_child(void) {
  int status;
  if (fork() == 0) {
    left(1000);
    f8(2000);
    f9(3000);
    return 0;
  }
  return wait(&status) < 0 || status != 0;
}

int main(int argc, char **argv) {
  const char *more = argc > 1 ? argv[1] : "";
  left(40);
  right(48);
  f7(56);
  f8(64);
  for (int i = 0; strcmp(more, "on") == 0 && i < 30000; i++) {
    left(400);
    right(400);
    usleep(1000);
  }
  if (strcmp(more, "deep") == 0)
    deep(300);
  return strcmp(more, "fork") == 0 ? in_child() : 0;
}
