/* `arenashim check`: whether a dump keeps to limits, for a job that has to fail when it doesn't.
 *
 * Of several dumps each is judged by itself, or with --sum all together.
 */
#ifndef TOOLS_CHECK_H
#define TOOLS_CHECK_H

#include "view.h"

enum { CHECK_LIVE, CHECK_PEAK, CHECK_ALLOCS, CHECK_BYTES, CHECKS };

struct check_options {
  struct view_options view; /* the first member: see view_run; .olds: the baseline */
  struct {
    bool set;
    uint64_t most;
  } limits[CHECKS];
  bool has_growth;
  bool sum;      /* of several dumps */
  bool json;     /* for a program to read, instead of tables */
  double growth; /* percent that live, peak and requested bytes may have more than the baseline's */
};

/* How the words after "check" are read. */
extern const struct argp check_argp;

/* Runs the command; returns its exit status: 0 holds, 1 exceeded, 2 can't be judged. */
int check_command(int argc, char **argv);

/* Judges a dump in memory; `o` is the view of check_options, `old` the baseline, or NULL. */
int check_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                FILE *to);

#endif
