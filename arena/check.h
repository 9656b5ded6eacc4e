/* Checks in slow paths: always on, one fixed message, then abort.  What the compiler can see is
 * a static_assert. */
#ifndef ARENA_CHECK_H
#define ARENA_CHECK_H

#include "base.h"

/* Writes "arenashim: " and the message to stderr, then aborts.  Any context. */
_Noreturn hidden cold void check_failed(const char *message);

#define check(condition, message)                                                                  \
  do {                                                                                             \
    if (unlikely(!(condition)))                                                                    \
      check_failed(message);                                                                       \
  } while (0)

#endif
