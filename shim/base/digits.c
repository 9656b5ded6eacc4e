/* Reads a number; contract in digits.h. */
#include "digits.h"

bool digits_read(const char **s, size_t *n) {
  const char *p = *s;
  size_t value = 0;
  for (; *p >= '0' && *p <= '9'; p++)
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, (size_t)(*p - '0'), &value))
      return false;
  bool any = p != *s;
  *s = p;
  *n = value;
  return any;
}
