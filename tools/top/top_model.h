/* What `top` shows of a process: its rows now, how fast each allocates, and how fast it grows.
 *
 *   readings   ... mark .... mark .... mark .... before  now
 *                   |<------- a minute ------------------>|    growth: live bytes since that mark
 *                                                  |<---->|    rate: allocations since the last one
 *
 * Marks are the live bytes of every fourth second at most.  Until there has been a minute, growth
 * is since the first reading.  Both are unknown until there are two readings.
 *
 * A count of allocations that is less than before has started again from zero.  A dump of another
 * process than before starts all of it again.
 */
#ifndef TOOLS_TOP_MODEL_H
#define TOOLS_TOP_MODEL_H

#include "options.h"
#include "top_reading.h"

enum top_sort { TOP_LIVE, TOP_GROWTH, TOP_RATE, TOP_WASTE };

struct top_model;

/* What is known of a row. */
struct top_line {
  uint32_t row;
  struct top_counts now;
  double growth; /* bytes a minute; 0 when that is not known */
  double rate;   /* allocations a second; 0 when that is not known */
};

/* Lines of a group, largest first; all of the last top_model_lines. */
struct top_lines {
  struct top_line *items;
  uint32_t count;
};

/* The options must outlive it.  `at_once`: call sites never wait for their names (top_sites.h). */
struct top_model *top_model_new(const struct option_names *names, bool at_once);
void top_model_free(struct top_model *m);

/* Adds a reading, made at ns by a clock that does not go back while it is one process.  False: it
 * is of the same moment as the last one, and changes nothing.  The dump may be closed then. */
bool top_model_add(struct top_model *m, const struct dump *d, uint64_t ns);

/* The last reading; the growth and the rate of the whole process. */
const struct top_reading *top_model_now(const struct top_model *m);
struct top_line top_model_all(const struct top_model *m);

/* Whether rates and growth are known, and over how many seconds each is taken. */
bool top_model_has_rates(const struct top_model *m);
double top_model_rate_seconds(const struct top_model *m);
double top_model_growth_seconds(const struct top_model *m);

/* The rows of a group that have, had or get something and whose text contains `filter`, upper and
 * lower case alike (NULL or "": all); the caller frees the items. */
struct top_lines top_model_lines(struct top_model *m, enum top_by by, enum top_sort sort,
                                 const char *filter);

/* The line of one row. */
struct top_line top_model_line(const struct top_model *m, enum top_by by, uint32_t row);

/* The rows of a kind, for how they are shown. */
const struct top_group *top_model_group(const struct top_model *m, enum top_by by);

#endif
