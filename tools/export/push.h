/* `arenashim push`: profiles to servers that keep them. */
#ifndef TOOLS_PUSH_H
#define TOOLS_PUSH_H

/* Runs the command; argv[0] is its name.  Returns the exit status. */
int push_command(int argc, char **argv);

#endif
