/* The counts that dumps and records have in common, of what was not seen. */
#ifndef SHIM_HEALTH_H
#define SHIM_HEALTH_H

#include "base.h"
#include "record_format.h"

/* The counts of RECORD_HEALTH, in that order.  Any thread, any time, signal handlers too. */
hidden void health_counts(uint64_t counts[RECORD_HEALTH_LINES]);

#endif
