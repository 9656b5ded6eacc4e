/* `arenashim export`: what call paths cost, in the formats of other tools. */
#ifndef TOOLS_EXPORT_H
#define TOOLS_EXPORT_H

#include "session.h"

#include <stdio.h>

/* In the order in which a file that has all of them shows them. */
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
  struct session session;
  struct export_frames *frames; /* NULL for FRAMES_NONE */
};

/* What a format takes for one frame. */
enum frames_detail {
  FRAMES_NONE,     /* it doesn't ask for any */
  FRAMES_CALLS,    /* a place in the code: two calls of a function are two frames */
  FRAMES_FUNCTIONS /* a function, by its name and file */
};

struct export_format {
  const char *name;
  void (*write)(const struct export *e, FILE *to);
  enum frames_detail detail;
  bool binary; /* nothing for a terminal */
  bool whole;  /* all of a dump: call sites are not all that it is for */
};

/* All of them; the last one has no name. */
extern const struct export_format export_formats[];

/* Paths as lines "outermost;...;innermost value". */
void export_collapsed(const struct export *e, FILE *to);
/* For valgrind's dh_view.html. */
void export_dhat(const struct export *e, FILE *to);
/* For google-pprof and jeprof, which find names themselves: so nothing is folded. */
void export_heap(const struct export *e, FILE *to);
/* All there is in a dump; tools/arenashim.schema.json describes it. */
void export_json(const struct export *e, FILE *to);
/* For `go tool pprof`. */
void export_pprof(const struct export *e, FILE *to);
/* For speedscope. */
void export_speedscope(const struct export *e, FILE *to);

/* A row's figure, as row_added() has it. */
uint64_t export_value(enum export_value value, const struct row *r);

/* A row of one site, without figures, and of one account alone. */
struct row export_site(const struct export *e, uint32_t site);
struct row export_account(const struct export *e, uint32_t account);

/* Reads the words after "export"; ends the command when they are wrong or ask for help. */
void export_options_read(struct export_options *o, int argc, char **argv);

/* Runs the command; returns its exit status. */
int export_command(int argc, char **argv);

/* Writes the same of a dump in memory. */
int export_write(const struct export_options *o, const struct dump *d, FILE *to);

#endif
