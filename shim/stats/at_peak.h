/* What call sites held at the process's peak, adjusted so that it adds up to the peak.
 *
 * The peak is kept in steps of a thousandth (arena/account.h), and what accounts held is noted when
 * a step begins.  Other figures are exact: an arena's own peak, what is live now.  A report that
 * showed both would show two peaks.  So the largest of them is the process's peak, and what the
 * accounts lack of it is added to one of them that did hold that much more later:
 *
 *   the peak is now            each site holds what is live of it
 *   else  gap = peak - sum     goes to the account that held most, of those whose own peak has room
 *                              for it; where none has, to one after the other up to its own peak
 *
 * A gap is at most a thousandth of the peak, or 256 bytes an arena.
 */
#ifndef SHIM_AT_PEAK_H
#define SHIM_AT_PEAK_H

#include "site_stats.h"

struct at_peak {
  uint64_t peak_bytes;
  bool is_now;             /* nothing was freed since, or as much was allocated again */
  uint64_t gap;            /* bytes that the accounts lack of the peak, and that go to: */
  const struct heap *heap; /* the account of this arena, and */
  uint32_t site;           /* of this site; heap NULL: any, up to its own peak */
};

/* Sets *p from all accounts.  live_bytes: live now; 0: they are added up here (with samples).  Any
 * thread, signal handlers too. */
hidden void at_peak_find(struct at_peak *p, uint64_t live_bytes);

/* Adjusts the at_peak figures of one account, or, with heap NULL, those of a site over all arenas.
 * To be called once for each. */
hidden void at_peak_adjust(struct at_peak *p, const struct heap *heap, uint32_t site,
                           struct dump_account *sums);

/* Whether an arena's own peak is exact, not an upper bound: then the process's is at least that. */
hidden bool at_peak_is_known(const struct heap *h);

#endif
