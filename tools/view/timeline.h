/* `arenashim timeline`: what a process held over time, and by whom at one moment. */
#ifndef TOOLS_TIMELINE_H
#define TOOLS_TIMELINE_H

int timeline_command(int argc, char **argv);

#endif
