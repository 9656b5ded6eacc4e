/* The verdicts on a dump, without any words. */
#ifndef TOOLS_CHECK_JUDGE_H
#define TOOLS_CHECK_JUDGE_H

#include "check.h"

enum verdict { HOLDS, EXCEEDED, UNKNOWN }; /* the exit statuses */

/* One figure of a dump, and how far it may be trusted. */
struct figure {
  uint64_t value;
  bool known;
  bool bound;      /* at most the value */
  uint64_t unsure; /* of a bound: by how much it may be too high, at most */
  bool low;        /* at least the value: DUMP_PARTIAL */
};

/* A limit that was asked for. */
struct check_verdict {
  bool asked;
  enum verdict verdict;
  uint64_t most;
  struct figure is, was; /* was: of the baseline; of a growth alone */
};

struct check_result {
  struct check_verdict limits[CHECKS], growths[CHECKS];
  enum verdict verdict; /* of all */
};

/* Whether a dump counts what is judged; says why not. */
bool check_is_possible(const struct dump *d, const char *file);

/* Judges a dump by the limits that were asked for, and its growth from `old`; NULL: not asked. */
struct check_result check_judge(const struct check_options *o, const struct dump *old,
                                const struct dump *d);

/* The worse of two: what is exceeded for certain, then what is not known. */
enum verdict check_worse(enum verdict a, enum verdict b);

/* By which values call sites are then shown. */
extern const enum sort check_sorts[CHECKS];

#endif
