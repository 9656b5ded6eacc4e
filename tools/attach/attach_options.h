/* The options of attach and detach. */
#ifndef TOOLS_ATTACH_OPTIONS_H
#define TOOLS_ATTACH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct attach_options {
  const char *what;      /* a PID, or the FILE of a record */
  uint64_t sample_bytes; /* mean bytes for each sample; 1: every request is recorded */
  uint32_t depth;        /* frames of a call path */
  double seconds;        /* detach after; 0: do not */
  const char *out;       /* where the dump goes then; NULL: none is written */
};

/* Reads the words; ends the command when they are wrong or ask for help.  `attach`: not detach. */
void attach_options_read(struct attach_options *o, int argc, char **argv, bool attach);

#endif
