/* What call sites held at the process's peak, brought to add up to the peak.
 *
 * The peak is kept in steps of a thousandth (arena/account.h), and what accounts held is noted when
 * a step begins.  Other figures are exact: an arena's own peak, what is alive now.  A report that
 * showed both would show two peaks.  So the largest of them is the process's peak, and what the
 * accounts lack of it is given to one of them that did hold so much more later:
 *
 *   the peak is now            each held what is alive of it
 *   else  gap = peak - held    goes to the account that held most, of those whose own peak has room
 *                              for it; where none has, to one after the other up to its own peak
 *
 * A gap is at most a thousandth of the peak, or 256 bytes an arena.
 */
#ifndef SHIM_AT_PEAK_H
#define SHIM_AT_PEAK_H

#include "site_stats.h"

struct held {
  uint64_t peak; /* bytes */
  bool is_now;   /* nothing was freed since, or as much was allocated again */
  uint64_t gap;  /* bytes for the account that these name, or, with heap NULL, left for any: */
  const struct heap *heap;
  uint32_t site;
};

/* Reads all accounts.  `live`: bytes alive now, 0 to have them added up (of samples).  Any thread,
 * signal handlers too. */
hidden void at_peak_find(struct held *h, uint64_t live);

/* Mends an account's line, or, with heap NULL, a site's over all arenas.  Once for each. */
hidden void at_peak_mend(struct held *h, const struct heap *heap, uint32_t site,
                         struct site_line *line);

/* Whether an arena's own peak is exact, and not an upper bound: then it is a part of the process's.
 */
hidden bool at_peak_is_known(const struct heap *h);

#endif
