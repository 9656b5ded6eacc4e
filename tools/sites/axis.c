/* Moments and their shares; contract in axis.h. */
#include "axis.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

uint32_t axis_highest(const struct dump *d) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < d->n_moments; i++)
    if (d->moments[i].live_bytes > d->moments[best].live_bytes)
      best = i;
  return best;
}

uint32_t axis_at(const struct dump *d, uint64_t time_ns) {
  uint32_t at = 0;
  while (at + 1 < d->n_moments && d->moments[at + 1].time_ns <= time_ns)
    at++;
  return at;
}

/* ---- what call sites held ---- */

static struct row row_of_site(const struct session *s, uint32_t site) {
  const struct dump_site *item = &s->dump->sites[site];
  return (struct row){.kind = row_kind(item->kind), .key = s->paths->of_node[item->node]};
}

static int by_row(const void *a, const void *b) {
  const struct row *x = &((const struct axis_row *)a)->row, *y = &((const struct axis_row *)b)->row;
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static int by_bytes(const void *a, const void *b) {
  uint64_t x = ((const struct axis_row *)a)->bytes, y = ((const struct axis_row *)b)->bytes;
  return x != y ? (x > y ? -1 : 1) : by_row(a, b);
}

/* Call sites that have the same path, because wrappers are folded, are one row. */
static size_t join(struct axis_row *rows, size_t n) {
  size_t joined = 0;
  qsort(rows, n, sizeof *rows, by_row);
  for (size_t i = 0; i < n; i++)
    if (joined > 0 && by_row(&rows[joined - 1], &rows[i]) == 0)
      rows[joined - 1].bytes += rows[i].bytes;
    else
      rows[joined++] = rows[i];
  return joined;
}

struct axis_row *axis_rows(const struct session *s, uint32_t moment, size_t *n, uint64_t *rest) {
  const struct dump *d = s->dump;
  struct axis_row *rows = must_zalloc((size_t)d->n_shares + 1, sizeof *rows);
  uint64_t live = d->moments[moment].live_bytes, sum = 0;
  *n = 0;
  for (uint32_t i = 0; i < d->n_shares; i++)
    if (d->shares[i].moment == moment) {
      rows[*n] = (struct axis_row){row_of_site(s, d->shares[i].site), d->shares[i].bytes};
      sum += rows[(*n)++].bytes;
    }
  *n = join(rows, *n);
  qsort(rows, *n, sizeof *rows, by_bytes);
  *rest = live > sum ? live - sum : 0;
  return rows;
}

/* ---- words ---- */

char *axis_event_words(const struct dump *d, const struct dump_event *e) {
  char limit[UNITS_MAX];
  switch (e->kind) {
  case DUMP_EVENT_MARK:
    return must_print("mark: %s", dump_text(d, e->text));
  case DUMP_EVENT_FORK:
    return e->count > 1 ? must_print("%u forks", e->count) : must_copy("fork");
  case DUMP_EVENT_DUMP:
    return e->count > 1 ? must_print("%u dumps", e->count) : must_copy("dump");
  case DUMP_EVENT_LIMIT:
    units_bytes(e->value, false, limit);
    return must_print("mapped more than %s", limit);
  case DUMP_EVENT_ATTACH:
    return must_copy("tags on");
  case DUMP_EVENT_DETACH:
    return must_copy("tags off");
  default:
    return must_copy("event of a newer kind");
  }
}

void axis_time(uint64_t ns, char words[AXIS_TIME_MAX]) {
  uint64_t s = ns / 1000000000;
  if (s < 120)
    snprintf(words, AXIS_TIME_MAX, "%.2f s", (double)ns / 1e9);
  else if (s < 7200)
    snprintf(words, AXIS_TIME_MAX, "%um %02us", (unsigned)(s / 60), (unsigned)(s % 60));
  else if (s < 172800)
    snprintf(words, AXIS_TIME_MAX, "%uh %02um", (unsigned)(s / 3600), (unsigned)(s / 60 % 60));
  else
    snprintf(words, AXIS_TIME_MAX, "%llud %02uh", (unsigned long long)(s / 86400),
             (unsigned)(s / 3600 % 24));
}
