/* `arenashim attach PID` and `detach PID`: samples of a process that runs, begun and ended from
 * outside (record/control.h, and shim/process/attached.h for the other side). */
#ifndef TOOLS_ATTACH_H
#define TOOLS_ATTACH_H

/* The words after the command's name, in argv[0] that itself; return the exit status. */
int attach_command(int argc, char **argv);
int detach_command(int argc, char **argv);

#endif
