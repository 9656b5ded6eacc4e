/* The report's part by call site: what each holds and costs, the process's peak, and health. */
#ifndef SHIM_REPORT_SITES_H
#define SHIM_REPORT_SITES_H

#include "snapshot.h"
#include "text.h"

/* With tags only.  False: a write failed. */
hidden bool report_sites(struct text *t, const struct snapshot *g, int fd);

/* What was not seen, or not as wanted: nothing when all was. */
hidden void report_health(struct text *t, const struct snapshot *g);

#endif
