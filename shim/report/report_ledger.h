/* The report's last tables: jemalloc's share and the ledger. */
#ifndef SHIM_REPORT_LEDGER_H
#define SHIM_REPORT_LEDGER_H

#include "snapshot.h"
#include "text.h"

hidden void report_large(struct text *t, const struct snapshot *g);

/* Every byte the allocator has mapped, by what it is for.  No line is computed as a remainder:
 * the sum of the lines is compared with the counter kept where memory is mapped. */
hidden void report_ledger(struct text *t, const struct snapshot *g);

#endif
