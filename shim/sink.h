/* Where reports go: a duplicate of stderr kept from the start, or a file named by a pattern.
 *
 * System calls only; safe in signal handlers.  A file is written under a temporary name and
 * takes its own at the end.  If that name exists already it is another process's: ours gets
 * ".PID" appended, so that nothing is lost.  What is not a regular file is written to directly.
 */
#ifndef SHIM_SINK_H
#define SHIM_SINK_H

#include "../arena/text.h"
#include "options.h"

#include <signal.h>

/* Bytes of a name made from a pattern, the endings of temporary names included. */
enum { SINK_NAME_MAX = PATTERN_MAX + 64 };

struct sink {
  int fd;
  const char *what;      /* is written: "report", "dump" */
  sigset_t before, held; /* SIGPIPE and SIGXFSZ wait while we write */
  bool pending;          /* one of them was there already */
  unsigned signalled;    /* own_writes_signalled before */
  bool silent;           /* nothing is said on stderr of what fails */
  bool is_file;          /* has a temporary name, to be given its own at the end */
  char name[SINK_NAME_MAX];
  char temporary[SINK_NAME_MAX];
};

/* Duplicates stderr, close-on-exec: programs close descriptor 2 before our last word. */
hidden void sink_keep_stderr(void);

/* Opens what the pattern names ("": stderr) for a report or dump.  False, with errno, after one
 * line on stderr that says why, unless it is to be silent. */
hidden bool sink_open(struct sink *k, const char *what, const char *pattern, bool silent);

/* Says the same line of a report or dump that can't even be begun, for the reason `error`. */
hidden void sink_refuse(struct sink *k, const char *what, const char *pattern, bool silent,
                        int error);

/* Ends the report; `written` says whether all writes succeeded (errno as the failing one left
 * it).  False, in the same way, if the report is not where it should be. */
hidden bool sink_close(struct sink *k, bool written);

/* In the child of a fork that a signal handler made while this thread was writing: what it goes on
 * to write goes nowhere, and the parent's file is left to the parent. */
hidden void sink_abandon(struct sink *k);

/* %p pid, %e program, %h host, %t unix time, %n sequence number (from 1), %%.  Cut at capacity. */
hidden void sink_expand(struct text *to, const char *pattern);

#endif
