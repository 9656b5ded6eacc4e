/* Which moments of the time axis are kept: a fixed number of them covers the whole life of a
 * process, and its last minutes most finely.
 *
 *   |    .    .    .    .    .    .    .    .  .  . . . ......|     oldest to newest
 *
 * When there is room for no more, a new moment takes the place of the one that is missed least:
 * whose neighbours lie closest to each other, measured by the distance that is wanted at that age:
 *
 *   wanted = age / AGE_STEP, but at most life / LIFE_STEP, and at least the shortest distance
 *
 * Thus about half of the places cover the whole life evenly; the others come closer to each other
 * the younger they are.  The first moment and the highest one are always kept.
 */
#ifndef SHIM_MOMENTS_H
#define SHIM_MOMENTS_H

#include "base.h"

enum { MOMENTS_MAX = 256 };

struct moments {
  unsigned capacity; /* at most MOMENTS_MAX, at least 8 */
  unsigned count;
  uint64_t base_ns; /* the shortest distance that is wanted */
  uint64_t most;    /* the highest value so far; which place has it */
  unsigned highest;
  uint64_t time_ns[MOMENTS_MAX]; /* of the moment in a place */
  uint8_t order[MOMENTS_MAX];    /* places, the oldest moment's first */
};

/* Adds a moment that is not older than the others; `value`: the highest is kept.  Returns its
 * place, below `capacity`, which may have been another's.  One thread at a time. */
hidden unsigned moments_add(struct moments *m, uint64_t time_ns, uint64_t value);

#endif
