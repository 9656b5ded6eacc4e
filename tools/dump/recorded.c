/* From when to when; contract in recorded.h.
 *
 * The events say it.  Of a dump in which every request has a tag, attaches by samples before are
 * none: their accounts are not shown.
 */
#include "recorded.h"
#include "say.h"

/* Stretches of time in which somebody was attached. */
struct stretches {
  uint32_t count;
  bool is_open;                       /* the last one goes on */
  uint64_t first_ns, last_ns, end_ns; /* where the first and the last begin; the last end */
};

static void begin(struct stretches *s, uint64_t ns) {
  if (s->is_open)
    return;
  s->last_ns = ns;
  s->first_ns = s->count == 0 ? ns : s->first_ns;
  s->is_open = true;
  s->count++;
}

static void end(struct stretches *s, uint64_t ns) {
  s->end_ns = s->is_open ? ns : s->end_ns;
  s->is_open = false;
}

static struct stretches stretches_of(const struct dump *d) {
  struct stretches s = {0};
  bool whole = d->process->sample_bytes == 0;
  for (uint32_t i = 0; i < d->n_events; i++) {
    const struct dump_event *e = &d->events[i];
    if (e->kind == DUMP_EVENT_ATTACH && (!whole || e->value == 1))
      begin(&s, e->time_ns);
    else if (e->kind == DUMP_EVENT_DETACH || e->kind == DUMP_EVENT_ATTACH)
      end(&s, e->time_ns);
  }
  return s;
}

bool dump_is_attached(const struct dump *d) {
  return (d->process->flags & DUMP_ATTACHED) != 0 || stretches_of(d).count > 0;
}

bool dump_is_detached(const struct dump *d) {
  struct stretches s = stretches_of(d);
  return s.count > 0 && !s.is_open;
}

bool dump_lacks_before(const struct dump *d) {
  return d->process->sample_bytes != 0 && dump_is_attached(d);
}

bool dump_lacks_bytes(const struct dump *d) {
  for (uint32_t i = 0; i < d->n_accounts; i++) {
    const struct dump_account *a = &d->accounts[i];
    if (a->large_allocs > a->live_objects && d->sites[a->site].kind == DUMP_SITE_BEFORE)
      return true;
  }
  return false;
}

char *dump_recorded(const struct dump *d) {
  struct stretches s = stretches_of(d);
  double first = (double)s.first_ns / 1e9, last = (double)s.last_ns / 1e9,
         ended = (double)s.end_ns / 1e9;
  if (s.count == 0)
    return dump_is_attached(d) ? must_copy("recorded while somebody was attached") : NULL;
  if (s.is_open && s.count == 1)
    return must_print("recorded since attach, %.1f s after the start", first);
  if (s.is_open)
    return must_print("recorded in %u parts, the last since attach, %.1f s after the start",
                      s.count, last);
  if (s.count == 1)
    return must_print("recorded from %.1f s to %.1f s after the start, nothing since", first,
                      ended);
  return must_print("recorded in %u parts from %.1f s to %.1f s after the start, nothing since",
                    s.count, first, ended);
}
