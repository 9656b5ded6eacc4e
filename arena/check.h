/* Checks of two strengths; what the compiler can see is a static_assert.
 *
 *   check(condition, message)   in slow paths, always compiled in: one fixed message, then abort
 *   debug(condition)            compiled in with -DDEBUG (`make asan`, `make tsan`), where it may
 *                               walk lists; otherwise the condition is not evaluated
 */
#ifndef ARENA_CHECK_H
#define ARENA_CHECK_H

#include "base.h"

/* Writes "arenashim: ", the message and a newline to stderr, then aborts.  Any context. */
_Noreturn hidden cold void check_failed(const char *message);

#define check(condition, message)                                                                  \
  do {                                                                                             \
    if (unlikely(!(condition)))                                                                    \
      check_failed(message);                                                                       \
  } while (0)

#ifdef DEBUG
#define debug(condition) check(condition, "a check of this debug build failed: " #condition)
#else
#define debug(condition) ((void)sizeof(condition))
#endif

#endif
