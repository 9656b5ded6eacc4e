/* Which call sites hold most: a walk over all accounts, which allocates nothing.
 *
 * Those that have a share keep it while they hold more than others do, or held more in a moment
 * that is kept: so that the curve of a site that had its time does not end in the middle.
 */
#ifndef SHIM_TOP_SHARES_H
#define SHIM_TOP_SHARES_H

#include "base.h"

enum { SHARES_MOST = 64 };

struct share {
  uint32_t site;
  uint32_t place;     /* the moment's in which it held `most` */
  uint64_t now, most; /* bytes */
};

struct top_shares {
  uint32_t count;
  struct share share[SHARES_MOST]; /* sorted by site */
  uint64_t live, allocs;           /* sums over all sites */
  uint64_t rest;                   /* of `live`: what has no share */
};

/* Reads all accounts, and sets the shares to those that hold most.  One thread at a time; signal
 * handlers too.  Other threads may go on. */
hidden void top_shares_read(struct top_shares *t);

/* The shares were kept as the moment in that place, which may have been another's before. */
hidden void top_shares_kept(struct top_shares *t, unsigned place);

#endif
