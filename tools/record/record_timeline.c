/* The time axis, from its ring; contract in record_parts.h. */
#include "record_parts.h"

#include <stdlib.h>
#include <string.h>

/* The piece of that kind, if it is as large; NULL: there is none. */
static const unsigned char *piece_of(const struct memory *m, uint32_t kind, size_t bytes) {
  for (unsigned i = 0; i < m->pieces; i++)
    if (m->piece[i].kind == kind && m->piece[i].bytes >= bytes)
      return m->piece[i].at;
  return NULL;
}

static bool is_valid(const struct record_work *w, uint32_t number, uint32_t again) {
  return number != 0 && number == again && number >= record_process(w)->timeline_first;
}

/* Items begin with their number. */
static int by_number(const void *a, const void *b) {
  uint32_t x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return x < y ? -1 : x > y;
}

/* ---- moments ---- */

/* Of call sites that are not known what they held stays with the rest. */
static void shares(struct record_work *w, const struct record_shares *s, struct dump_moment *to) {
  uint32_t moment = (uint32_t)image_items(w->image, DUMP_MOMENTS) - 1;
  for (uint32_t i = 0; i < s->count && i < RECORD_SHARES_MOST; i++)
    if (s->site[i] < image_items(w->image, DUMP_SITES))
      *(struct dump_share *)image_add(w->image, DUMP_SHARES) =
          (struct dump_share){.moment = moment, .site = s->site[i], .bytes = s->bytes[i]};
    else
      to->rest_bytes += s->bytes[i];
}

static void moment(struct record_work *w, const struct record_axis_moment *m,
                   const unsigned char *all_shares) {
  struct record_shares s;
  struct dump_moment *to = image_add(w->image, DUMP_MOMENTS);
  *to = (struct dump_moment){.time_ns = m->time_ns,
                             .live_bytes = m->live_bytes,
                             .mapped_bytes = m->mapped_bytes,
                             .resident_bytes = m->resident_bytes,
                             .allocs = m->allocs,
                             .rest_bytes = m->rest_bytes,
                             .flags = m->tagged != 0 ? DUMP_MOMENT_TAGGED : 0};
  if (m->tagged == 0 || all_shares == NULL)
    return;
  memcpy(&s, all_shares + m->zero * sizeof s, sizeof s);
  if (s.number == m->number && s.again == m->number)
    shares(w, &s, to);
}

/* `zero` keeps the place of each. */
static void moments(struct record_work *w, const struct record_timeline *t) {
  static struct record_axis_moment valid[RECORD_MOMENTS];
  size_t n = 0;
  for (uint32_t i = 0; i < RECORD_MOMENTS; i++)
    if (is_valid(w, t->moment[i].number, t->moment[i].again)) {
      valid[n] = t->moment[i];
      valid[n++].zero = i;
    }
  qsort(valid, n, sizeof *valid, by_number);
  const unsigned char *all =
      piece_of(w->m, RECORD_SHARES, RECORD_MOMENTS * sizeof(struct record_shares));
  for (size_t i = 0; i < n; i++)
    moment(w, &valid[i], all);
}

/* ---- events ---- */

static void event(struct record_work *w, const struct record_event *e) {
  uint32_t text = image_text(w->image, e->text, RECORD_MARK_BYTES - 1);
  *(struct dump_event *)image_add(w->image, DUMP_EVENTS) = (struct dump_event){
      .time_ns = e->time_ns, .value = e->value, .kind = e->kind, .text = text, .count = e->count};
}

static int by_time(const void *a, const void *b) {
  uint64_t x = ((const struct record_event *)a)->time_ns,
           y = ((const struct record_event *)b)->time_ns;
  return x != y ? (x < y ? -1 : 1) : by_number(a, b);
}

static void events(struct record_work *w, const struct record_timeline *t) {
  static struct record_event valid[RECORD_MARKS + RECORD_EVENTS];
  size_t n = 0;
  for (unsigned i = 0; i < RECORD_MARKS + RECORD_EVENTS; i++) {
    const struct record_event *e = i < RECORD_MARKS ? &t->mark[i] : &t->event[i - RECORD_MARKS];
    if (is_valid(w, e->number, e->again))
      valid[n++] = *e;
  }
  qsort(valid, n, sizeof *valid, by_time);
  for (size_t i = 0; i < n; i++)
    event(w, &valid[i]);
}

bool record_timeline(struct record_work *w) {
  static struct record_timeline t;
  const unsigned char *at = piece_of(w->m, RECORD_TIMELINE, sizeof t);
  if (at == NULL)
    return false;
  memcpy(&t, at, sizeof t);
  moments(w, &t);
  events(w, &t);
  return true;
}
