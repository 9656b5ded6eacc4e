/* Where reports and dumps go: a descriptor that was named, or a file named by a pattern.
 *
 * System calls only; safe in signal handlers.  Places are tried by writing there, never by asking
 * whether one may: the pattern's path, then the same file name in $TMPDIR (as it was at the start)
 * and in /tmp, for programs that became another user or have another root.  One line on stderr
 * says what was tried, why it failed, and where the file is.
 *
 * A file is written under a temporary name and takes its own at the end.  If that name exists
 * already it belongs to another process: ours gets ".PID" appended, then a number, so that nothing
 * is lost.  Devices, pipes and descriptors are written to directly, if the pattern named them
 * (place.h), and have no other place.
 */
#ifndef SHIM_SINK_H
#define SHIM_SINK_H

#include "options.h"
#include "place.h"
#include "text.h"

#include <signal.h>

struct sink {
  int fd;
  enum place_kind kind;  /* of what fd is */
  const char *what;      /* is written: "report", "dump" */
  sigset_t before, held; /* SIGPIPE and SIGXFSZ wait while we write */
  bool pending;          /* one of them was there already */
  unsigned signalled;    /* own_writes_signalled before */
  bool silent;           /* nothing is said on stderr of what fails, and no other place is tried */
  char wanted[SINK_NAME_MAX];    /* the pattern's path */
  char name[SINK_NAME_MAX];      /* the place that is tried now */
  char temporary[SINK_NAME_MAX]; /* for PLACE_FILE, until it has its own name; else "" */
  struct text line;              /* for stderr: what failed so far */
  char line_bytes[4 * SINK_NAME_MAX];
};

/* Once, at the start: remembers which files stderr and the descriptors named by STATS and DUMP are.
 * Of those that a report or dump will be written to it keeps a close-on-exec duplicate, since
 * programs close them before our last word: above the soft limit of descriptors, or the highest. */
hidden void sink_setup(const struct options *o);

/* Says in one line for STATS and DUMP each that nothing can be written where they say, if that is
 * known now: no such directory, or no right to write there.  Nothing is changed by asking. */
hidden void sink_check(const struct options *o);

/* Writes a report or dump where the pattern says ("": to stderr): calls write(k, argument), which
 * writes all to k->fd and gives false with errno when that fails, for each place until one is good.
 * 0, or an errno value. */
hidden int sink_write(struct sink *k, const char *what, const char *pattern, bool silent,
                      bool (*write)(struct sink *k, void *argument), void *argument);

/* Says the same line of a report or dump that can't even be begun, for the reason `error`. */
hidden void sink_refuse(struct sink *k, const char *what, const char *pattern, bool silent,
                        int error);

/* In the child of a fork that a signal handler made while this thread was writing: what it goes on
 * to write goes nowhere, and the parent's file is left to the parent. */
hidden void sink_abandon(struct sink *k);

/* This thread will not go on writing: it leaves no temporary file behind. */
hidden void sink_give_up(struct sink *k);

#endif
