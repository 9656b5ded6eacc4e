/* Addresses and call paths in words: module+offset, and the exported function that holds it.
 *
 * For the thread that holds the report lock, signal handlers too.  Allocates nothing; what does not
 * fit into *t is dropped.
 */
#ifndef SHIM_REPORT_PATH_H
#define SHIM_REPORT_PATH_H

#include "text.h"

/* Writes the innermost frames of a call site, in lines of their own, at most 80 columns wide. */
hidden void report_path(struct text *t, uint32_t site);

/* Writes one return address as module+offset, with the exported function that holds it. */
hidden void report_address(struct text *t, uintptr_t address);

#endif
