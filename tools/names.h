/* Names for return addresses: functions by the symbol tables of the files that ran.
 *
 * Never a wrong name: a file that is missing or another build gives no functions, and its addresses
 * are shown as module+offset.  Each file is read once, when its first address is asked for.
 */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

#include "dump_read.h"
#include "fold.h"

#include <stdio.h>

struct function {
  const char *name; /* demangled, without parameters */
  uint64_t start;   /* absolute */
  bool folded;      /* one of fold's wrappers */
};

struct names;

/* Both must outlive it; `fold` may be NULL. */
struct names *names_new(const struct dump *d, const struct fold *fold);
void names_free(struct names *n);

/* The function that made the call which returns to a frame's address; NULL: not known. */
const struct function *names_function(struct names *n, const struct dump_node *frame);

/* "function", "function+0x1f", "module+0x1234" or "0x7f00..."; labels as [label]. */
void names_print(struct names *n, const struct dump_node *frame, bool offset, FILE *to);

/* The last part of a module's path; index + 1 as in nodes. */
const char *names_module(const struct names *n, uint32_t module);

#endif
