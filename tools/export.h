/* `arenashim export`: what call paths cost, in the formats of other tools. */
#ifndef TOOLS_EXPORT_H
#define TOOLS_EXPORT_H

#include "options.h"
#include "rows.h"

#include <stdio.h>

enum export_value { EXPORT_LIVE, EXPORT_ALLOCS, EXPORT_PEAK, EXPORT_BYTES, EXPORT_WASTE };

struct export_options {
  const char *file;
  const char *out; /* NULL: standard output */
  const struct export_format *format;
  enum export_value value;
  struct option_names names;
};

/* What a format writes: rows of call paths and what they are made of. */
struct export {
  const struct export_options *options;
  const struct dump *dump;
  struct names *names;
  struct paths *paths;
  struct rows *rows;
};

struct export_format {
  const char *name;
  void (*write)(const struct export *e, FILE *to);
};

/* Paths as lines "outermost;...;innermost value". */
void export_collapsed(const struct export *e, FILE *to);

/* A row's figure. */
uint64_t export_value(const struct export *e, const struct row *r);

/* Reads the words after "export"; ends the command when they are wrong or ask for help. */
void export_options_read(struct export_options *o, int argc, char **argv);

/* Exports a file; returns the command's exit status. */
int export_run(const struct export_options *o);

/* The same of a dump in memory. */
int export_write(const struct export_options *o, const struct dump *d, FILE *to);

#endif
