/* The dump's time axis: moments, shares, events. */
#include "dump_parts.h"
#include "site_stats.h"
#include "timeline.h"

/* ---- events ---- */

static void add_event(struct dump_work *w, const struct record_event *e) {
  w->event[w->events++] =
      (struct dump_event){.time_ns = e->time_ns,
                          .value = e->value,
                          .kind = e->kind,
                          .text = dump_string(w, e->text, RECORD_MARK_BYTES - 1),
                          .count = e->count};
}

/* Marks and the others lie apart: their numbers say which comes first. */
void dump_events_read(struct dump_work *w) {
  struct record_event mark = {0}, event = {0};
  bool marks = timeline_next_mark(0, &mark), events = timeline_next_event(0, &event);
  w->events = 0;
  while ((marks || events) && w->events < DUMP_EVENTS_MOST) {
    if (marks && (!events || mark.number < event.number)) {
      add_event(w, &mark);
      marks = timeline_next_mark(mark.number, &mark);
    } else {
      add_event(w, &event);
      events = timeline_next_event(event.number, &event);
    }
  }
}

void dump_events(struct dump_work *w) {
  for (unsigned i = 0; i < w->events; i++)
    *(struct dump_event *)dump_item(&w->out) = w->event[i];
}

/* ---- moments ---- */

static void put_moment(struct dump_work *w, const struct record_axis_moment *m) {
  *(struct dump_moment *)dump_item(&w->out) =
      (struct dump_moment){.time_ns = m->time_ns,
                           .live_bytes = m->live_bytes,
                           .mapped_bytes = m->mapped_bytes,
                           .resident_bytes = m->resident_bytes,
                           .allocs = m->allocs,
                           .rest_bytes = m->rest_bytes,
                           .flags = m->tagged != 0 ? DUMP_MOMENT_TAGGED : 0};
}

void dump_moments(struct dump_work *w) {
  uint32_t after = 0;
  w->moments = 0;
  for (struct record_axis_moment *m = w->moment;
       w->moments < RECORD_MOMENTS && timeline_next(after, m); m++) {
    after = m->number;
    put_moment(w, m);
    w->moments++;
  }
}

/* A moment that was given up meanwhile has none. */
static void put_shares(struct dump_work *w, unsigned moment) {
  static struct record_shares s; /* one dump at a time */
  if (w->moment[moment].tagged == 0 || !timeline_shares(&w->moment[moment], &s))
    return;
  for (uint32_t i = 0; i < s.count; i++)
    if (s.site[i] < sites_count())
      *(struct dump_share *)dump_item(&w->out) =
          (struct dump_share){.moment = moment, .site = s.site[i], .bytes = s.bytes[i]};
}

void dump_shares(struct dump_work *w) {
  for (unsigned i = 0; i < w->moments; i++)
    put_shares(w, i);
}
