/* The report's table of regions (arena_create).
 *
 * For the thread that holds the report lock, signal handlers too.  Allocates nothing.
 */
#ifndef SHIM_REPORT_REGIONS_H
#define SHIM_REPORT_REGIONS_H

#include "text.h"

/* Writes a line for each region, and with call sites where it was created.  Returns false if a
 * write failed. */
hidden bool report_regions(struct text *t, int fd);

#endif
