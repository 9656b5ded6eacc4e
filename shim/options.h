/* The options: environment variables ARENASHIM_*, read once.
 *
 * Reading allocates nothing, so that it can happen inside the process's first malloc.  An
 * illegal value or an unknown name costs one line on stderr and the default.
 */
#ifndef SHIM_OPTIONS_H
#define SHIM_OPTIONS_H

#include "../arena/base.h"

enum { PATTERN_MAX = 1024 }; /* bytes of a path pattern, final NUL included */

struct options {
  size_t block_bytes;
  bool stats;                      /* a report is wanted at exit */
  char stats_pattern[PATTERN_MAX]; /* where; empty: stderr */
  int signal;                      /* 0: none */
  bool children;                   /* exec'd children keep the shim */
  bool verbose;
  bool disabled;
};

/* Fills *o from the environment (NULL: from /proc/self/environ). */
hidden void options_read(struct options *o, char *const *environment);

/* Writes what *o says to stderr, a line an option. */
hidden void options_print(const struct options *o);

#endif
