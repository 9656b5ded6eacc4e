/* The words after "arenashim export". */
#ifndef TOOLS_EXPORT_OPTIONS_H
#define TOOLS_EXPORT_OPTIONS_H

#include "export_formats.h"
#include "options.h"

struct export_options {
  struct inputs files, bases; /* bases: what differences are from */
  const char *file;           /* what messages call them */
  const char *out;            /* NULL: standard output */
  const struct export_format *format;
  enum export_value value;
  bool mapped; /* --kind mapped */
  struct option_names names;
};

/* Reads them; ends the command when they are wrong or ask for help. */
void export_options_read(struct export_options *o, int argc, char **argv);

#endif
