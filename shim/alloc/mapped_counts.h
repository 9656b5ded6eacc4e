/* What is counted of mappings: in the account of each arena and call site, and in one sum.
 *
 *   sum.live_bytes = sum of the accounts' live_bytes
 *   sum.peak_bytes = sum of the accounts' at_peak_bytes: what each had when the sum was highest
 *
 * A new peak costs no walk over the accounts: it begins an epoch, and an account of an older one
 * still had its live_bytes then.
 *
 * All but the last three are for the thread that has the books' lock (mapped_books.c).
 */
#ifndef SHIM_MAPPED_COUNTS_H
#define SHIM_MAPPED_COUNTS_H

#include "mapped_tree.h"

/* A call mapped that many bytes; some of them are mapped no longer. */
hidden void mapped_count_add(struct mapped_account *a, uint64_t bytes);
hidden void mapped_count_subtract(struct mapped_account *a, uint64_t bytes);

/* In a fork's child counts begin again: all live bytes and ranges become 0, each range that exists
 * is counted again, and what then lives counts as mapped. */
hidden void mapped_counts_clear(void);
hidden void mapped_count_again(const struct mapped_range *r);
hidden void mapped_counts_restart(void);

/* A copy of an account, whose at_peak_bytes are valid.  Any thread; the figures of an account that
 * is being changed are of different moments. */
hidden void mapped_count_read(uint32_t number, struct mapped_account *to);

/* A call could not be booked, or only in part.  Any thread. */
hidden void mapped_count_missed(void);

/* Of all mappings.  Any thread. */
struct mapped_totals {
  uint64_t live_bytes, peak_bytes;
  uint64_t missed; /* calls that could not be booked, or only in part */
};
hidden void mapped_sum(struct mapped_totals *to);

#endif
