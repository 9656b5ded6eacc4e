/* Run-time systems that map memory for objects of their own, and how to see into it. */
#ifndef TOOLS_RUN_TIME_H
#define TOOLS_RUN_TIME_H

/* The sentence about the system that a program or library of that path is, or is part of; NULL: it
 * is none that is known. */
const char *run_time_remedy(const char *path);

#endif
