/* Processor time in microseconds: other programs' turns are not ours. */
#pragma once
#include <time.h>

static inline double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}
