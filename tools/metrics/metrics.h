/* `arenashim metrics`: figures of processes as text that Prometheus reads. */
#ifndef TOOLS_METRICS_H
#define TOOLS_METRICS_H

/* Runs the command; argv[0] is its name.  Returns the exit status. */
int metrics_command(int argc, char **argv);

#endif
