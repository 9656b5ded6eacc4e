/* `arenashim ps`: the processes of this machine that run under the shim. */
#ifndef TOOLS_PS_H
#define TOOLS_PS_H

/* Runs the command; argv[0] is its name.  Returns the exit status. */
int ps_command(int argc, char **argv);

#endif
