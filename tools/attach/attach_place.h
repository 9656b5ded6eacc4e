/* Where the control word of a process is written, that a user named by its PID or by the file of
 * its record. */
#ifndef TOOLS_ATTACH_PLACE_H
#define TOOLS_ATTACH_PLACE_H

#include "control.h"

#include <stdbool.h>

/* PID: its memory, or where that is forbidden the file of its record.  FILE: that.  False: said why
 * it can't be. */
bool attach_place_open(struct control_place *to, const char *what);
/* Does the process still run?  A file takes what is written whether it does or not.  False: said
 * that it has ended. */
bool attach_place_runs(struct control_place *p, const char *what);
void attach_place_close(struct control_place *p);

/* Says why what was asked could not be (control.h). */
void attach_place_say(const struct control_place *p, const char *what, enum memory_answer answer);

#endif
