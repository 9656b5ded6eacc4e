/* Reads, and sends; contract in push.h.
 *
 * With --every a profile's allocations are those since the last one that arrived: the counters of a
 * process that runs stay at their places, so that those of the dump before are subtracted.  What is
 * alive is as it is.
 */
#include "push.h"
#include "push_request.h"
#include "say.h"
#include "set.h"
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* ---- what was allocated since ---- */

static uint64_t key_of(const struct dump_account *a) { return (uint64_t)a->arena << 32 | a->site; }

static int account_compare(const void *a, const void *b) {
  uint64_t x = key_of(a), y = key_of(b);
  return (x > y) - (x < y);
}

static uint64_t less(uint64_t n, uint64_t part) { return n > part ? n - part : 0; }

static void since_subtract(struct dump *d, const struct dump_account *before, size_t count) {
  for (uint32_t i = 0; count > 0 && i < d->n_accounts; i++) {
    struct dump_account *a = &d->accounts[i];
    const struct dump_account *old = bsearch(a, before, count, sizeof *before, account_compare);
    if (old == NULL)
      continue;
    a->allocs = less(a->allocs, old->allocs);
    a->bytes = less(a->bytes, old->bytes);
  }
}

/* The accounts of the last profile that arrived. */
struct sent {
  struct dump_account *accounts;
  size_t count;
  uint64_t time; /* 0: none did */
};

static void sent_keep(struct sent *s, const struct dump *d) {
  free(s->accounts);
  s->count = d->n_accounts;
  s->time = d->process->unix_time;
  s->accounts = must_alloc(s->count * sizeof *s->accounts);
  for (size_t i = 0; i < s->count; i++)
    s->accounts[i] = d->accounts[i];
  if (s->count > 0)
    qsort(s->accounts, s->count, sizeof *s->accounts, account_compare);
}

/* ---- sending ---- */

static bool dump_send(const struct push_options *o, const struct dump *d, uint64_t from) {
  struct push_request r;
  if (!push_request_new(o, d, from, &r))
    return false;
  bool sent = push_send(o, &r);
  push_request_free(&r);
  return sent;
}

static uint64_t start_of(const struct dump *d) {
  return d->process->start_ns > 0 ? d->process->start_ns / 1000000000 : d->process->unix_time;
}

/* Takes the dump. */
static bool since_send(const struct push_options *o, struct dump *d, struct sent *s) {
  struct sent now = {0};
  uint64_t from = s->time > 0 ? s->time : start_of(d);
  if (o->every_ns > 0)
    sent_keep(&now, d);
  since_subtract(d, s->accounts, s->count);
  bool sent = dump_send(o, d, from);
  if (sent && o->every_ns > 0) {
    free(s->accounts);
    *s = now;
  } else {
    free(now.accounts);
  }
  dump_close(d);
  return sent;
}

static void wait_until(struct timespec *next, uint64_t step_ns) {
  next->tv_sec += (time_t)(step_ns / 1000000000);
  next->tv_nsec += (long)(step_ns % 1000000000);
  if (next->tv_nsec >= 1000000000) {
    next->tv_sec++;
    next->tv_nsec -= 1000000000;
  }
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) == EINTR)
    ;
}

/* Until the process has ended: a server that is away for a while is one line each time. */
static bool sends(const struct push_options *o, struct source *source) {
  struct sent s = {0};
  struct timespec next;
  bool sent = false;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (struct dump *d; (d = source_read(source)) != NULL; wait_until(&next, o->every_ns)) {
    sent = since_send(o, d, &s);
    if (source_state(source) != SOURCE_RUNNING)
      break;
  }
  free(s.accounts);
  return sent;
}

static bool push_every(const struct push_options *o) {
  struct source *source = source_open(o->files.names[0]);
  if (source == NULL)
    return false;
  bool sent = sends(o, source);
  source_close(source);
  return sent;
}

static bool push_once(struct push_options *o) {
  struct sent none = {0};
  size_t unread;
  struct dump *d = set_open(&o->files, source_dump, &unread);
  return d != NULL && since_send(o, d, &none) && unread == 0;
}

int push_command(int argc, char **argv) {
  struct push_options o;
  push_options_read(&o, argc, argv);
  bool sent = o.every_ns > 0 ? push_every(&o) : push_once(&o);
  push_options_free(&o);
  return sent ? 0 : 2;
}
