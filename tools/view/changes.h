/* The call sites of two dumps side by side.
 *
 * Sites of different runs and builds are the same when their paths show the same functions in the
 * same order; a frame whose function is not known counts by its module and its place in it.
 * Addresses mean nothing: each run has its own.
 */
#ifndef TOOLS_CHANGES_H
#define TOOLS_CHANGES_H

#include "view.h"

/* One call site in both; zeros where it is not. */
struct change {
  struct row old, new;
  uint32_t node; /* its path, in the trie */
  uint32_t own;  /* which of its frames is the first own one: 1 the innermost; 0: none */
};

struct changes {
  struct change *items; /* what grew most first, what shrank most last */
  uint32_t count;
  uint32_t grown, shrunk; /* how many; those between are as they were */
  struct row old, new;    /* the totals */
  struct trie *trie;
};

/* `old` may be NULL: everything is new. */
struct changes *changes_new(const struct dump *old, const struct dump *new,
                            const struct option_names *names, enum sort by);
void changes_free(struct changes *c);

/* Orders them by another value. */
void changes_sort(struct changes *c, enum sort by);

/* How many changed by a value, and how many by none. */
uint32_t changes_count(const struct changes *c, enum sort by);
uint32_t changes_same(const struct changes *c);

/* Prints those that grew or those that shrank as a table, most first. */
enum changes_side { CHANGES_GREW, CHANGES_SHRANK };
void changes_print(const struct changes *c, const struct view *v, enum changes_side side);

/* Says what makes two dumps hard to compare: other programs, other ways of counting. */
void changes_warn(const struct view_options *o, const struct dump *old, const struct dump *new);

#endif
