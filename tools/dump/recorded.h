/* Since when, or from when to when, a process that somebody attached to was recorded. */
#ifndef TOOLS_RECORDED_H
#define TOOLS_RECORDED_H

#include "dump.h"

/* Has somebody attached to the process?  What was requested while nobody was attached is in no call
 * site then. */
bool dump_is_attached(const struct dump *d);

/* Has somebody detached since?  Then nothing is recorded any more. */
bool dump_is_detached(const struct dump *d);

/* Are its figures of what was requested while somebody was attached, and of nothing else?  So it is
 * with samples; where every request is recorded, what was there before is a row of its own. */
bool dump_lacks_before(const struct dump *d);

/* Are its bytes allocated in all too few?  Of large objects that were freed while nobody was
 * attached, only the number is known. */
bool dump_lacks_bytes(const struct dump *d);

/* "recorded since attach, 3.2 s after the start", "recorded from 3.2 s to 9.8 s after the start,
 * nothing since", "recorded in 3 parts from 3.2 s to 60.1 s after the start, nothing since",
 * "recorded in 2 parts, the last since attach, 12.0 s after the start", or, where events are lost,
 * "recorded while somebody was attached".  NULL: nobody has attached.  To be freed. */
char *dump_recorded(const struct dump *d);

#endif
