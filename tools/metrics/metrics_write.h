/* What the metrics of processes are: the values of metrics_format.h's families, of dumps. */
#ifndef TOOLS_METRICS_WRITE_H
#define TOOLS_METRICS_WRITE_H

#include "metrics_names.h"
#include "metrics_out.h"
#include "metrics_sites.h"

/* One process. */
struct metrics_process {
  const struct dump *dump;
  char *labels; /* metrics_labels */
  struct metrics_names names;
  struct metrics_sites sites;
};

/* Writes all families of all processes.  Whoever has the FILE looks for errors. */
void metrics_write(struct metrics_out *o, const struct metrics_process *all, size_t count);

#endif
