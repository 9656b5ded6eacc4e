/* The report's last tables: jemalloc's share and the ledger.
 *
 * For the thread that holds the report lock, signal handlers too.  Allocates nothing; what does not
 * fit into *t is dropped.
 */
#ifndef SHIM_REPORT_LEDGER_H
#define SHIM_REPORT_LEDGER_H

#include "snapshot.h"
#include "text.h"

/* Writes what was passed on to jemalloc, and jemalloc's own figures. */
hidden void report_large(struct text *t, const struct snapshot *g);

/* Writes every byte the allocator has mapped, by what it is for (ledger.h), and a line of its own
 * if the sum differs from the counter kept where memory is mapped. */
hidden void report_ledger(struct text *t, const struct snapshot *g);

#endif
