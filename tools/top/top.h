/* `arenashim top PID|FILE`: what a process holds and allocates, tick by tick. */
#ifndef TOOLS_TOP_H
#define TOOLS_TOP_H

/* Runs the command; argv[0] is its name.  Returns the exit status. */
int top_command(int argc, char **argv);

#endif
