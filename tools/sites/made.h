/* What type a path allocates, as far as the frames between the allocation and the program's own
 * function say it with certainty.
 *
 *   operator new < std::__new_allocator<Plain>::allocate < std::vector<Plain>::push_back < own
 *   raw            elements: Plain                         its container: std::vector<Plain>
 *
 * The innermost container counts: strings that a vector copies are strings.  Where only symbols are
 * known, what was inlined is not: then make_unique<T> counts when all that it allocates it does at
 * one address, and a container when what it holds can't allocate by itself.
 */
#ifndef TOOLS_MADE_H
#define TOOLS_MADE_H

#include "names.h"

enum made_stage { MADE_RAW, MADE_ELEMENT, MADE_INSIDE, MADE_DONE };

/* How far a path was read. All zero: nothing of it was. */
struct made {
  enum made_stage stage;
  const char *type;  /* NULL: not known; lives as long as the names */
  const char *value; /* what is allocated, or held by the container */
};

struct made_lone; /* the functions that allocate at one address alone */

/* Looks for these in all paths of a dump's call sites. */
struct made_lone *made_lone_new(const struct dump *d, const struct names *names);
void made_lone_free(struct made_lone *l);

/* Reads a frame more: a call that is none of the program's own functions. */
void made_step(struct made *m, const struct made_lone *l, const struct call *call);

/* The type, once the program's own function is reached; NULL: not known. */
const char *made_type(const struct made *m);

#endif
