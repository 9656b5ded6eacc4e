/* What a summary can't show of a dump, and how a user gets to see it. */
#ifndef TOOLS_SUMMARY_HINTS_H
#define TOOLS_SUMMARY_HINTS_H

#include "session.h"

/* "12 of 85 paths were cut at 8 frames, inside libraries: --tag stack:32", with a newline; NULL: no
 * call site that matters lacks the program's own functions because its path was cut.  To be freed.
 */
char *hint_cut(const struct session *s);

/* "app has no debug information: ...", with a newline, of the module whose functions asked for most
 * of the memory that the program's own functions asked for, if that is half of it or more, and no
 * line is known of them; else NULL.  To be freed. */
char *hint_no_lines(const struct session *s);

#endif
