/* The report's lines about a process that somebody has attached to (process/attached.h). */
#ifndef SHIM_REPORT_ATTACHED_H
#define SHIM_REPORT_ATTACHED_H

#include "report_text.h"
#include "snapshot.h"

/* When somebody attached first, and what is recorded since; nothing, if nobody has. */
hidden void report_attached(struct text *t);

/* What is alive from before, if all requests have tags since; between sites_begin and sites_end. */
hidden void report_before(struct text *t, const struct snapshot *g);

#endif
