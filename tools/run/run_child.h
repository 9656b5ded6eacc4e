/* The program that `arenashim run` starts: its signals, its end. */
#ifndef TOOLS_RUN_CHILD_H
#define TOOLS_RUN_CHILD_H

#include <sys/types.h>

struct child {
  pid_t pid;
  int status;     /* as waitpid has it */
  double seconds; /* from start to end, by the clock */
};

/* Runs a program in the foreground, with the standard streams, signal mask and ignored signals of
 * the command; `environment` may be changed until then.  Returns when it has ended, or at once with
 * execve's errno.
 *
 * Signals that are sent to the command go on to the program.  Those of the terminal reach both
 * already; the command outlives them. */
int child_run(struct child *c, const char *path, char **argv, char **environment);

/* "exit status 3", "signal 15 (TERM)", "signal 11 (SEGV), core dumped" */
void child_end_name(const struct child *c, char name[64]);

/* Ends the command as the program ended; returns the exit status when that was no signal. */
int child_end_alike(const struct child *c);

#endif
