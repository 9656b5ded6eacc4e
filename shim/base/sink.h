/* Writes one report or dump: to stderr, to a descriptor, or to the file that a pattern names.
 *
 * A file is written by trying, never by asking first whether it is allowed: under the pattern's
 * path, then under the same file name in $TMPDIR (as it was at the start) and in /tmp, for programs
 * that became another user or have another root.  If the first try fails, one line on stderr says
 * what was tried, why it failed, and where the file is now.
 *
 * A file is written under a temporary name and gets its own name at the end.  If that name exists
 * already, it belongs to another process: ".PID" is appended to ours, then a number, so that
 * nothing is lost.  Devices, pipes and descriptors are written to directly, if the pattern names
 * them (output_path.h); nothing else is tried for them.
 *
 * System calls only.  Any thread, signal handlers too; each struct sink is used by one thread at a
 * time (report_lock.h).
 */
#ifndef SHIM_SINK_H
#define SHIM_SINK_H

#include "options.h"
#include "output_path.h"
#include "text.h"

#include <signal.h>

struct sink {
  int fd;
  enum output_kind kind;        /* what fd is */
  const char *what;             /* what is written: "report" or "dump" */
  sigset_t before, held;        /* the thread's mask; SIGPIPE and SIGXFSZ, blocked while we write */
  bool pending;                 /* one of the two was pending before */
  unsigned signalled;           /* own_writes_signalled before */
  bool replace;                 /* a file that has the name already is replaced, and %n stays */
  bool file;                    /* nothing but a file will do, and no other directory is tried */
  bool silent;                  /* no line on stderr if it fails, and no other directory is tried */
  char wanted[OUTPUT_NAME_MAX]; /* the path that the pattern stands for */
  char name[OUTPUT_NAME_MAX];   /* the path that is tried now */
  char temporary[OUTPUT_NAME_MAX]; /* OUTPUT_FILE: the file's name until it has its own; else "" */
  struct text line;                /* for stderr: what failed so far */
  char line_bytes[4 * OUTPUT_NAME_MAX];
};

/* Prints one line on stderr for each of STATS, and DUMP or DUMP_AT, whose file cannot be created as
 * things are now (no such directory, or no permission).  Changes nothing.  In the constructor;
 * errno is kept. */
hidden void sink_check(const struct options *o);

/* Writes a report or dump where the pattern says ("": to stderr).  Calls write(k, argument), which
 * writes everything to k->fd, or returns false with errno; after a failure it is called again for
 * the next directory.  `silent`: see struct sink.  Returns 0, or the errno value of the last
 * failure. */
hidden int sink_write(struct sink *k, const char *what, const char *pattern, bool silent,
                      bool (*write)(struct sink *k, void *argument), void *argument);

/* Prints the line that sink_write prints after a failure, for a report or dump that cannot be begun
 * because of `error`, an errno value.  errno is kept. */
hidden void sink_refuse(struct sink *k, const char *what, const char *pattern, bool silent,
                        int error);

/* In the child of a fork that a signal handler made while this thread was writing: what the child
 * still writes goes to /dev/null, and the parent's file is left to the parent. */
hidden void sink_abandon(struct sink *k);

/* Removes the temporary file, if there is one.  Before the process ends in a signal handler that
 * interrupted this thread while it was writing. */
hidden void sink_give_up(struct sink *k);

#endif
