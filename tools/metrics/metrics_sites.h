/* Call sites under names that stay the same: over runs, builds and machines.
 *
 *   site       64 bits of a hash of the functions of its path, innermost first: the lines of a
 *              function may move; what has no name counts by module and offset, so until the next
 *              build
 *   function   its innermost function of the program's own, or the innermost of all
 *              of all call sites of the runtime (runtime.h), which are one, what they are
 *   place      file:line of the call there, "" where none is known; of several the first by name
 */
#ifndef TOOLS_METRICS_SITES_H
#define TOOLS_METRICS_SITES_H

#include "options.h"
#include "rows.h"

struct metrics_site {
  uint64_t id;
  char *function, *place;
  struct row row; /* its figures */
};

struct metrics_sites {
  struct metrics_site *items; /* those that hold most, first */
  uint32_t count;
  struct row rest; /* of all others; accounts 0: there are none */
  bool waste;      /* is known of them */
};

/* The `most` call sites of a dump that hold most; none if it has none.  The dump and the options
 * must outlive it. */
struct metrics_sites metrics_sites_new(const struct dump *d, const struct option_names *names,
                                       unsigned long most);
void metrics_sites_free(struct metrics_sites *s);

#endif
