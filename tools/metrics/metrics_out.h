/* The text of metrics, in the two formats of metrics_format.h: a family's head, then its samples.
 *
 *   metrics_begin(o, METRIC_ARENAS);
 *   metrics_sample(o, labels);  metrics_label(o, "arena", "worker");  metrics_number(o, 3);
 */
#ifndef TOOLS_METRICS_OUT_H
#define TOOLS_METRICS_OUT_H

#include "../../shim/metrics_format.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct metrics_out {
  FILE *to;
  bool prometheus;    /* else OpenMetrics */
  enum metric family; /* that was begun last */
  bool empty;         /* it has no sample yet: its head is not written */
};

/* Begins a family.  One without a sample has no head either. */
void metrics_begin(struct metrics_out *o, enum metric family);

/* Begins a sample; `labels`: those that all samples of its process have, as metrics_labels gives
 * them. */
void metrics_sample(struct metrics_out *o, const char *labels);

/* Adds a label to the sample; the value is escaped, and what is no UTF-8 in it is replaced. */
void metrics_label(struct metrics_out *o, const char *name, const char *value);

/* Ends the sample with its value. */
void metrics_number(struct metrics_out *o, uint64_t value);
void metrics_seconds(struct metrics_out *o, uint64_t ns); /* with three digits behind the point */

/* host="h",program="p",pid="7"; to be freed. */
char *metrics_labels(const char *host, const char *program, unsigned pid);

/* After the last family. */
void metrics_end(struct metrics_out *o);

#endif
