/* The words after "arenashim metrics". */
#ifndef TOOLS_METRICS_OPTIONS_H
#define TOOLS_METRICS_OPTIONS_H

#include "options.h"

#include <stdbool.h>

struct metrics_options {
  char **what; /* PIDs and FILEs, each with samples of its own */
  size_t count;
  struct inputs set; /* of directories and lists: their sums, as one process */
  bool all;          /* instead of these: all processes that can be read */
  const char *out;   /* NULL: standard output */
  unsigned long rows;
  bool prometheus; /* the format is its own, not OpenMetrics */
  bool has_format; /* it was asked for */
  struct option_names names;
};

/* Reads them; ends the command when they are wrong or ask for help.  */
void metrics_options_read(struct metrics_options *o, int argc, char **argv);
void metrics_options_free(struct metrics_options *o);

#endif
