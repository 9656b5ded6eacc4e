/* The report's tables of arenas, one line for each thread's.
 *
 * For the thread that holds the report lock, signal handlers too.  Allocates nothing.
 */
#ifndef SHIM_REPORT_ARENAS_H
#define SHIM_REPORT_ARENAS_H

#include "snapshot.h"
#include "text.h"

/* Writes what arenas were asked for and took, and what lives in them.  Between snapshot_begin and
 * snapshot_end.  Returns false if a write failed. */
hidden bool report_arenas(struct text *t, const struct snapshot *g, int fd);

#endif
