/* The report's table of blocks that hold much and use little of it.
 *
 * For the thread that holds the report lock, signal handlers too.  Allocates nothing; what does not
 * fit into *t is dropped.
 */
#ifndef SHIM_REPORT_BLOCKS_H
#define SHIM_REPORT_BLOCKS_H

#include "snapshot.h"
#include "text.h"

/* Writes the blocks that use least of their slabs, five at most.  Between snapshot_begin and
 * snapshot_end. */
hidden void report_blocks(struct text *t, const struct snapshot *g);

#endif
