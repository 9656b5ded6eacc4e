/* The options: environment variables ARENASHIM_*, read once.
 *
 * Reading allocates nothing, so that it can happen inside the process's first malloc.  An illegal
 * value is answered with one line on stderr and the default is used; an unknown name is answered
 * with one line and ignored.  A program that runs with raised privileges (AT_SECURE) has the
 * defaults.
 */
#ifndef SHIM_OPTIONS_H
#define SHIM_OPTIONS_H

#include "path_pattern.h"
#include "signal_names.h"
#include "text.h"

enum { DEPTH_DEFAULT = 8, DEPTH_MAX = 64, SAMPLE_MAX = 1 << 30 };

enum tag_option {
  TAGS_OFF,
  TAGS_SITE,  /* the return address of the request alone */
  TAGS_STACK, /* the `depth` innermost frames */
  TAGS_VERIFY /* as TAGS_STACK, and each path is compared with libunwind's answer */
};

struct options {
  size_t block_bytes;                /* a power of two, BLOCK_BYTES_MIN..BLOCK_BYTES_MAX */
  bool stats;                        /* a report is wanted at exit */
  char stats_pattern[PATTERN_MAX];   /* where to; "": stderr */
  bool dump;                         /* a dump is wanted at exit */
  char dump_pattern[PATTERN_MAX];    /* where to; also of a dump at a limit alone */
  size_t dump_at_bytes;              /* a dump is wanted when that much is mapped; 0: not by size */
  unsigned dump_at_percent;          /* ... when that much of a limit is used; 0: not by a limit */
  bool metrics;                      /* are written now and then, and at exit */
  char metrics_pattern[PATTERN_MAX]; /* where to; it has %p, and neither %n nor %t */
  bool record;                       /* the record lies in a file */
  char record_pattern[PATTERN_MAX];  /* in which */
  enum tag_option tags;              /* what a call site is */
  bool
      tags_chosen; /* by ARENASHIM_TAG; else they follow from the report, the dump and the record */
  unsigned depth;  /* frames a tag has: 1..DEPTH_MAX */
  size_t sample_bytes; /* requested bytes for each tagged request, on average; 0: all have tags */
  uint64_t signals;    /* bit n - 1: signal n */
  bool children;       /* programs started by exec keep the shim */
  bool verbose;        /* the options are printed at the start */
  bool command;        /* the whole command line goes into reports and dumps */
  bool disabled;       /* jemalloc serves all sizes; no tags, no reports */
  char temporary[PATTERN_MAX]; /* TMPDIR; "": not set, or not absolute */
};

/* Is the signal `number` (1..SIGNAL_MAX) in ARENASHIM_SIGNAL?  Any thread, signal handlers too. */
static inline bool options_has_signal(const struct options *o, int number) {
  return o->signals >> (number - 1) & 1;
}

/* Reads the options of this process from `environment`, or from /proc/self/environ if that is NULL.
 * Once, in the process's first malloc, with one thread. */
hidden void options_setup(char *const *environment);

/* The options of this process: all zero until options_setup, which the first malloc calls, and
 * unchanged after it.  Any thread, signal handlers too. */
hidden const struct options *options_now(void);

/* Is a dump wanted before memory runs out?  And: that, or one at exit? */
static inline bool options_dump_at(const struct options *o) {
  return o->dump_at_bytes != 0 || o->dump_at_percent != 0;
}
static inline bool options_have_dumps(const struct options *o) {
  return o->dump || options_dump_at(o);
}

/* Was a report or a dump asked for, at exit, by signal, or at a limit, a record, or
 * metrics? */
static inline bool options_write_files(const struct options *o) {
  return !o->disabled &&
         (o->stats || options_have_dumps(o) || o->record || o->metrics || o->signals != 0);
}

/* Appends the value of ARENASHIM_TAG, as a user writes it.  Any thread, signal handlers too. */
hidden void options_tag_text(const struct options *o, struct text *t);

/* Appends all options as NAME=VALUE, each with `before` in front of it and `after` behind it.  Any
 * thread, signal handlers too. */
hidden void options_text(const struct options *o, struct text *t, const char *before, char after);

/* Prints all options on stderr, one a line.  In the process's first malloc only. */
hidden void options_print(const struct options *o);

#endif
