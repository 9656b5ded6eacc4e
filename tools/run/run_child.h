/* The program that `arenashim run` starts: its signals, its end. */
#ifndef TOOLS_RUN_CHILD_H
#define TOOLS_RUN_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A process of the run that has ended. */
struct ended {
  pid_t pid;
  int status; /* as waitpid has it */
};

struct child {
  pid_t pid;
  int status;            /* as waitpid has it */
  double seconds;        /* from start to end, by the clock */
  struct ended *orphans; /* descendants whose parents ended before them; to be freed */
  size_t n_orphans;
  bool alone; /* no descendant lives on */
};

/* Runs a program in the foreground, with the standard streams, signal mask and ignored signals of
 * the command; `environment` may be changed until then.  Returns when it has ended, or at once with
 * execve's errno.  Descendants that end together with it are waited for, for a tenth of a second.
 *
 * The command is the subreaper of the program's descendants: their parent, when their own has
 * ended. So it learns how they end; those that live on get init as usual when the command ends.
 *
 * Signals that are sent to the command go on to the program.  Those of the terminal reach both
 * already; the command outlives them.  Before one that may end it a program with `shim` is asked
 * for a dump (run_ask.h). */
int child_run(struct child *c, const char *path, char **argv, char **environment, const char *shim);

/* "exit status 3", "signal 15 (TERM)", "signal 11 (SEGV), core dumped", of waitpid's status. */
void child_end_name(int status, char name[64]);

/* Ends the command as the program ended; returns the exit status when that was no signal. */
int child_end_alike(const struct child *c);

#endif
