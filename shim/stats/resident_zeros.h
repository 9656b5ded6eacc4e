/* Takes the page of zeros out of the rows of the resident ledger (mapping_zeros.h); also out of
 * slabs, whose pages do not say that they are zeros where mincore was asked about them.  Inside
 * resident_read (resident.h). */
#ifndef SHIM_RESIDENT_ZEROS_H
#define SHIM_RESIDENT_ZEROS_H

#include "resident_rows.h"

/* Takes zeros from all rows that have pages of others as well.
 * kernels: the kernel's count of anonymous bytes; 0: not known, and nothing is taken.
 * slabs_untold: of slabs' pages mincore was asked, which does not tell the zeros among them. */
hidden void resident_zeros_subtract(struct resident_rows *t, uint64_t kernels, bool slabs_untold);

#endif
