/* The report's part by call site: what each holds and costs, the process's peak, and health.
 *
 * For the thread that holds the report lock, signal handlers too.  Allocates nothing; what does not
 * fit into *t is dropped.
 */
#ifndef SHIM_REPORT_SITES_H
#define SHIM_REPORT_SITES_H

#include "snapshot.h"
#include "text.h"

/* Writes the tables by call site.  With tags only.  Returns false if a write failed. */
hidden bool report_sites(struct text *t, const struct snapshot *g, int fd);

/* Writes what was not seen, or not as asked for; nothing if there is nothing to say.  With tags
 * only, after report_sites. */
hidden void report_health(struct text *t, const struct snapshot *g);

#endif
