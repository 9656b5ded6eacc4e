/* The rows in which region arenas of the program count (arena/attach.h), for reports.
 *
 * Any thread, signal handlers too.
 */
#ifndef SHIM_REGIONS_H
#define SHIM_REGIONS_H

#include "attach.h"
#include "base.h"

/* How many rows were ever used.  It never falls. */
hidden unsigned regions_count(void);

/* Row i, for i below regions_count(); NULL if there was no memory for it.  The row is never
 * unmapped, and its region may go on counting in it. */
hidden const struct region_row *regions_row(unsigned i);

/* How many regions got no row, because the table was full or memory was refused: they count in
 * memory of their own, and no report shows them. */
hidden uint64_t regions_unlisted(void);

/* Bytes mapped for the table. */
hidden uint64_t regions_mapped_bytes(void);

#endif
