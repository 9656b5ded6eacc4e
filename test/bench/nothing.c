/* Calls that do nothing; nothing.h. */
#include "nothing.h"

void *take_nothing(size_t n) {
  static char object[256];
  __asm__ volatile("" : : "r"(n));
  return object;
}

void give_nothing(void *p) { __asm__ volatile("" : : "r"(p)); }
