/* The page of zeros: memory that was read and never written has it, marked as present, and the
 * kernel counts it nowhere.  The state of a page does not tell it from one that a fork left to
 * several processes; how many there are is what the rows have more than the kernel counts.
 */
#ifndef SHIM_RESIDENT_ZEROS_H
#define SHIM_RESIDENT_ZEROS_H

#include "resident_rows.h"

/* Takes the zeros from all rows that have pages of others as well, in proportion; first from the
 * library's own data, which readers outside of the process look at (resident.h).  kernels: the
 * kernel's count of anonymous bytes; 0: not known, and nothing is taken. */
hidden void resident_zeros_subtract(struct resident_rows *t, uint64_t kernels);

#endif
