/* A source that is read tick by tick, until its process has ended: what all forms of `top` show. */
#ifndef TOOLS_TOP_WATCH_H
#define TOOLS_TOP_WATCH_H

#include "source.h"
#include "top_memory.h"
#include "top_model.h"

#include <stdbool.h>

struct top_watch {
  const char *what; /* PID or FILE, as it was asked for */
  struct source *source;
  struct top_model *model;
  struct dump *dump; /* the last one that was read; NULL: none was */
  struct top_memory memory;
  enum source_state state;
  bool over; /* nothing new will come */
};

/* Opens the source and makes the first reading.  False: it can't be read; said why. */
bool top_watch_open(struct top_watch *w, const char *what, const struct option_names *names,
                    bool at_once);
void top_watch_close(struct top_watch *w);

/* Reads again.  False: nothing was read, and w->over says whether anything will be. */
bool top_watch_tick(struct top_watch *w);

/* "running for 2 h 3 min", "killed after 8.2 s", "snapshot on signal USR1 ..."; to be freed. */
char *top_watch_state(const struct top_watch *w);

/* A word for machines: "running", "ended", "killed" or "file". */
const char *top_watch_state_word(const struct top_watch *w);

/* The process's id: as it was asked for, since in its own namespace it is another; of a file, its
 * own. */
unsigned top_watch_pid(const struct top_watch *w);

/* Whether call sites are recorded. */
bool top_watch_has_sites(const struct dump *d);

/* That they are not, and what to do; NULL: they are.  To be freed. */
char *top_watch_missing(const struct top_watch *w);

#endif
