/* Which row each call site of a process is, by the names of its path.
 *
 * Names are looked up once: sites of a process keep their numbers, and more are added behind them.
 * Of new ones alone a small dump is made, which gives their names as any dump does.  Reading debug
 * information takes time, so new sites wait for it in row 0, until the last look-up has cost no
 * more than a twentieth of the time since.
 */
#ifndef TOOLS_TOP_SITES_H
#define TOOLS_TOP_SITES_H

#include "options.h"
#include "top_group.h"

struct top_sites {
  const struct option_names *names;
  struct dump_site *sites; /* those that were named, as the dump had them */
  uint32_t *rows;          /* of each, its row */
  uint32_t count, waiting; /* waiting: sites behind them that have no name yet */
  uint64_t named_ns, cost_ns;
};

/* The options must outlive it. */
struct top_sites top_sites_new(const struct option_names *names);
void top_sites_free(struct top_sites *s);

/* Whether a dump's call sites begin with those that were named. */
bool top_sites_fit(const struct top_sites *s, const struct dump *d);

/* Names new sites.  now_ns: any clock; `at_once`: none is left waiting. */
void top_sites_update(struct top_sites *s, struct top_group *g, const struct dump *d,
                      uint64_t now_ns, bool at_once);

/* The row of a site of that dump. */
uint32_t top_sites_row(const struct top_sites *s, struct top_group *g, const struct dump *d,
                       uint32_t site);

#endif
