/* Path patterns: paths in which %p, %e, %h, %t, %n and %% stand for something.
 *
 *   %p  the process's pid              %t  UNIX time in seconds
 *   %e  the program's name             %n  the number of the report or dump in this process
 *   %h  the host's name                %%  one %
 */
#ifndef SHIM_PATH_PATTERN_H
#define SHIM_PATH_PATTERN_H

#include "text.h"

enum { PATTERN_MAX = 1024 }; /* bytes of a path pattern, final NUL included */

/* Is each % followed by one of the letters above, and is the pattern shorter than PATTERN_MAX?  Any
 * thread, any context. */
hidden bool pattern_is_legal(const char *value);

/* Has a legal pattern a % followed by that letter?  Any thread, any context. */
hidden bool pattern_has(const char *pattern, char letter);

/* Copies a legal pattern to `to`, relative to the directory the program was started in: a daemon
 * may go to / later.  If both together are too long, or the directory cannot be read, the pattern
 * stays relative.  Only in the process's first malloc; errno is kept. */
hidden void pattern_absolute(char to[PATTERN_MAX], const char *value);

/* Appends the path that the pattern stands for, with `number` for %n, to *to.  A pattern that ends
 * in / stands for "%e.%p" and an ending in that directory: .dump, .record, .prom if `what` is
 * "metrics", else .txt.  A path that is too long is cut, and to->full says so.  Any thread, signal
 * handlers too. */
hidden void pattern_expand(struct text *to, const char *pattern, const char *what, uint64_t number);

#endif
