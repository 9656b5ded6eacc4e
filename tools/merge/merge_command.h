/* `arenashim merge`: one dump of many. */
#ifndef TOOLS_MERGE_COMMAND_H
#define TOOLS_MERGE_COMMAND_H

/* Runs the command; returns its exit status. */
int merge_command(int argc, char **argv);

#endif
