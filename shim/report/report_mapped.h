/* The text report's table of the program's own mappings by call site. */
#ifndef SHIM_REPORT_MAPPED_H
#define SHIM_REPORT_MAPPED_H

#include "text.h"

/* Writes the table, if the program has mapped anything since there are tags.  Returns false if a
 * write failed.  For the thread that holds the report lock, signal handlers too. */
hidden bool report_mapped(struct text *t, int fd);

#endif
