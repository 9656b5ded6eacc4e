/* Which pages were in memory when a walk looked at them, a bit each: what asks about objects
 * afterwards, in no order, needs no system call for each.
 *
 *   ranges   | start..end |  | start..end |      in rising order, and a bit for each of their pages
 *
 * In memory of the caller's; pages that find no room in it are not seen.  Signal handlers too.
 */
#ifndef SHIM_SEEN_PAGES_H
#define SHIM_SEEN_PAGES_H

#include "base.h"

enum { SEEN_RANGES_MOST = 512 };

struct seen_range {
  uintptr_t start, end;
  size_t first;   /* number of its first page's bit */
  size_t present; /* pages that were in memory */
};

struct seen_pages {
  uint64_t *bits;     /* the caller's, zeros */
  size_t most, count; /* bits: how many there are, and are used */
  unsigned ranges;
  struct seen_range range[SEEN_RANGES_MOST];
};

/* Notes n pages from `at` on; addresses grow from call to call.  Their entries are those of
 * page_states.h. */
hidden void seen_pages_add(struct seen_pages *s, uintptr_t at, const uint64_t *entries, size_t n);

/* Were all pages of [start, end) seen?  Then *resident is how many bytes of it lie on pages that
 * were in memory. */
hidden bool seen_pages_sum(const struct seen_pages *s, uintptr_t start, uintptr_t end,
                           uint64_t *resident);

#endif
