/* The time axis of a dump: its moments in order, and what call sites held at one of them. */
#ifndef TOOLS_AXIS_H
#define TOOLS_AXIS_H

#include "session.h"

/* The moment in which most was held; a dump with moments is asked. */
uint32_t axis_highest(const struct dump *d);

/* The last moment that is not after that time, or the first. */
uint32_t axis_at(const struct dump *d, uint64_t time_ns);

/* A row of what was held at a moment: its call path, or that of RUNTIME and the like. */
struct axis_row {
  struct row row; /* kind and key alone */
  uint64_t bytes;
};

/* What the moment's call sites held, largest first, to be freed; *rest: what has no row. */
struct axis_row *axis_rows(const struct session *s, uint32_t moment, size_t *n, uint64_t *rest);

/* What happened, in words: "mark: phase 2", "fork", "3 forks"; to be freed. */
char *axis_event_words(const struct dump *d, const struct dump_event *e);

/* A time: "1.25 s", "3m 20s", "2h 05m", "4d 03h". */
enum { AXIS_TIME_MAX = 32 };
void axis_time(uint64_t ns, char words[AXIS_TIME_MAX]);

#endif
