/* Sums over a slab's row of tags, some words at a time: reports look at every tag of the process.
 *
 *   | A:24 | 0 | B:40 | A:24 mailed | ...      alive 2, their bytes 64; mailed 1, its bytes 24
 *
 * The owner may change the row meanwhile: each word counts as it was when it was read.  Any thread,
 * any context; allocates nothing and takes no lock.
 */
#ifndef ARENA_TAG_SUMS_H
#define ARENA_TAG_SUMS_H

#include "tag.h"

struct tag_sums {
  uint32_t alive, bytes; /* objects that nobody has freed, and what was requested for them */
  uint32_t mailed, mailed_bytes; /* freed by other threads, and not collected yet */
};

/* A function that does as tag_sums; its sums may be those of a moment ago (slab_sums.h). */
typedef struct tag_sums tag_sums_fn(const struct slab *s, uint32_t carved);

/* The sums over the first `carved` cells of s, which has tags; at most TAG_ROW_BYTES / 4. */
hidden tag_sums_fn tag_sums;

#endif
