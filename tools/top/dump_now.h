/* `arenashim dump PID`: the dump of a process that runs, made from outside. */
#ifndef TOOLS_DUMP_NOW_H
#define TOOLS_DUMP_NOW_H

/* Runs the command; argv[0] is its name.  Returns the exit status. */
int dump_command(int argc, char **argv);

#endif
