/* The page of zeros: memory that was read and never written has it, marked as present, and the
 * kernel counts it nowhere.  The state of a page does not tell it from one that a fork left to
 * several processes; how many there are is what the rows have more than the kernel counts.
 */
#ifndef SHIM_RESIDENT_ZEROS_H
#define SHIM_RESIDENT_ZEROS_H

#include "resident_rows.h"

/* Takes the zeros from all rows that have pages of others as well, in proportion; first from the
 * library's own data, which older readers outside of the process look at page by page.
 * kernels: the kernel's count of anonymous bytes; 0: not known, and nothing is taken.
 * slabs_untold: of slabs' pages mincore was asked, which does not tell the zeros among them. */
hidden void resident_zeros_subtract(struct resident_rows *t, uint64_t kernels, bool slabs_untold);

#endif
