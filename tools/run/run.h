/* `arenashim run`: runs a program under the shim, then shows a report that fits a screen.
 *
 *   find the shim -> look at the program's file -> run it -> collect the dumps -> table, summary
 *
 * The program keeps its standard streams, the report goes to stderr.  The command ends as the
 * program ended: with its exit status, or by the same signal.  127: no such program, 126: it can't
 * be executed, 2: it could not be watched and was not run, or the command was wrong.
 */
#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

struct run_options {
  const char *out; /* FILE or DIRECTORY/ (run_place.h), NULL: arenashim.PROGRAM.PID/ */
  const char *tag; /* ARENASHIM_TAG, a legal value */
  char **command;  /* the program and its arguments, NULL after them */
};

/* Reads the words after "run"; ends the command when they are wrong or ask for help. */
void run_options_read(struct run_options *o, int argc, char **argv);

/* Runs the command; returns its exit status, or ends it by the program's signal. */
int run_command(int argc, char **argv);

#endif
