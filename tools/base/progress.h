/* A line on a terminal's stderr about work that takes long: after half a second, and gone when it
 * is done.  Nothing is shown elsewhere. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdint.h>

/* What is being done and how much of it is; cheap enough to be called often. whole 0: not known. */
void progress_show(const char *what, uint64_t part, uint64_t whole);

/* Takes the line away; before anything else is written to stderr. */
void progress_hide(void);

/* Shows nothing from now on: the terminal's lines are somebody else's. */
void progress_stop(void);

#endif
