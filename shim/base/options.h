/* The options: environment variables ARENASHIM_*, read once.
 *
 * Reading allocates nothing, so that it can happen inside the process's first malloc.  An
 * illegal value or an unknown name costs one line on stderr and the default.
 */
#ifndef SHIM_OPTIONS_H
#define SHIM_OPTIONS_H

#include "path_pattern.h"
#include "signal_names.h"
#include "text.h"

enum { DEPTH_DEFAULT = 8, DEPTH_MAX = 64, SAMPLE_MAX = 1 << 30 };

enum tag_mode {
  TAGS_OFF,
  TAGS_SITE,  /* the return address of the request alone */
  TAGS_STACK, /* so many innermost frames */
  TAGS_VERIFY /* the same, each compared with the unwinder's own answer */
};

struct options {
  size_t block_bytes;
  bool stats;                      /* a report is wanted at exit */
  char stats_pattern[PATTERN_MAX]; /* where; empty: stderr */
  bool dump;                       /* a dump is wanted at exit */
  char dump_pattern[PATTERN_MAX];  /* where */
  enum tag_mode tags;
  bool tags_chosen;    /* by ARENASHIM_TAG; else they follow from the report and the dump */
  unsigned depth;      /* frames a tag has: 1..DEPTH_MAX */
  size_t sample_bytes; /* a tag for one request in so many bytes; 0: for each */
  uint64_t signals;    /* bit n - 1: signal n */
  bool children;       /* exec'd children keep the shim */
  bool verbose;
  bool command; /* the whole command line goes into reports and dumps */
  bool disabled;
  char temporary[PATTERN_MAX]; /* TMPDIR; "": not set, or no path of its own */
};

static inline bool options_has_signal(const struct options *o, int number) {
  return o->signals >> (number - 1) & 1;
}

/* Reads the options of this process, once, in the first malloc (NULL: from /proc/self/environ). */
hidden void options_setup(char *const *environment);

/* The options of this process: the defaults until options_setup, then read-only.  Any thread,
 * signal handlers too. */
hidden const struct options *options_now(void);

/* A report or a dump was asked for. */
static inline bool options_write_files(const struct options *o) {
  return !o->disabled && (o->stats || o->dump || o->signals != 0);
}

/* ARENASHIM_TAG's value as it would be written. */
hidden void options_tag_text(const struct options *o, struct text *t);

/* What *o says, as NAME=VALUE, each between `before` and `after`. */
hidden void options_text(const struct options *o, struct text *t, const char *before, char after);

/* Writes it to stderr, a line an option. */
hidden void options_print(const struct options *o);

#endif
