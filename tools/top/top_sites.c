/* Names for new call sites; contract in top_sites.h. */
#include "top_sites.h"
#include "clock.h"
#include "runtime.h"
#include "say.h"
#include "session.h"
#include "top_part.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE = 20 }; /* times what the last look-up cost */

struct top_sites top_sites_new(const struct option_names *names) {
  return (struct top_sites){.names = names};
}

void top_sites_free(struct top_sites *s) {
  free(s->sites);
  free(s->rows);
}

bool top_sites_fit(const struct top_sites *s, const struct dump *d) {
  return s->count == 0 ||
         (d->n_sites >= s->count && memcmp(d->sites, s->sites, s->count * sizeof *s->sites) == 0);
}

/* The row of a site in a session of its part of the dump. */
static uint32_t session_row(const struct session *session, struct top_group *g,
                            const struct row *row) {
  char *lines = session_row_lines(session, row);
  uint32_t number = top_group_row(g, lines);
  free(lines);
  return number;
}

/* Rows of a part's sites, which follow each other from `first` on. */
static void part_name(struct top_sites *s, struct top_group *g, const struct dump *part) {
  struct option_names names = *s->names;
  struct session session;
  session_open(&session, part, &names, ROW_PATH);
  bool *runtime = runtime_paths(session.paths, part, session.names);
  uint32_t *known = must_zalloc(session.paths->count, sizeof *known); /* of each path: row */
  for (uint32_t i = 0; i < part->n_sites; i++) {
    uint32_t path = session.paths->of_node[part->sites[i].node];
    struct row row = {.kind = row_kind(part->sites[i].kind), .key = path};
    if (runtime[path])
      row = (struct row){.kind = ROW_RUNTIME};
    uint32_t number = row.kind == DUMP_SITE_PATH ? known[path] : 0;
    if (number == 0)
      number = session_row(&session, g, &row);
    if (row.kind == DUMP_SITE_PATH)
      known[path] = number;
    s->rows[s->count++] = number;
  }
  free(known);
  free(runtime);
  session_close(&session);
}

static void sites_name(struct top_sites *s, struct top_group *g, const struct dump *d) {
  s->rows = must_resize(s->rows, d->n_sites, sizeof *s->rows);
  s->sites = must_resize(s->sites, d->n_sites, sizeof *s->sites);
  memcpy(s->sites, d->sites, d->n_sites * sizeof *s->sites);
  struct dump *part = top_part_new(d, s->count);
  part_name(s, g, part);
  top_part_free(part);
}

void top_sites_update(struct top_sites *s, struct top_group *g, const struct dump *d,
                      uint64_t now_ns, bool at_once) {
  bool due = at_once || now_ns - s->named_ns >= s->cost_ns * PATIENCE;
  if (d->n_sites > s->count && due) {
    uint64_t start = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    sites_name(s, g, d);
    s->cost_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
    s->named_ns = now_ns;
  }
  s->waiting = d->n_sites - s->count;
}

uint32_t top_sites_row(const struct top_sites *s, struct top_group *g, const struct dump *d,
                       uint32_t site) {
  if (site < s->count)
    return s->rows[site];
  return site < d->n_sites ? 0 : top_group_row(g, "(call site lost)");
}
