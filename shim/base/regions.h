/* The rows in which region arenas of the program count (arena/attach.h), for the report. */
#ifndef SHIM_REGIONS_H
#define SHIM_REGIONS_H

#include "attach.h"
#include "base.h"

/* Rows ever used, and each of them (NULL: there was no memory for it).  Rows are never unmapped;
 * any thread, any context. */
hidden unsigned regions_count(void);
hidden const struct region_row *regions_row(unsigned i);

/* Regions that found the table full, or no memory for it: they count for themselves. */
hidden uint64_t regions_unlisted(void);

/* Bytes mapped for the table. */
hidden uint64_t regions_mapped_bytes(void);

#endif
