/* Takes moments, and keeps them with events in the record; contract in timeline.h. */
#include "timeline.h"
#include "fork_gate.h"
#include "heap_stats.h"
#include "heap_thread.h"
#include "huge.h"
#include "large_counts.h"
#include "moments.h"
#include "os.h"
#include "pieces.h"
#include "program.h"
#include "purge_policy.h"
#include "sandbox.h"
#include "snapshot.h"
#include "tag_mode.h"
#include "top_shares.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static_assert((int)RECORD_MOMENTS == (int)MOMENTS_MAX, "format");
static_assert((int)RECORD_SHARES_MOST == (int)SHARES_MOST, "format");

#define INTERVAL_NS UINT64_C(100000000)
enum { LEAN_MOMENTS = MOMENTS_MAX / 2, COST_SHARE = 1000, COST_LEAST_NS = 20000 };

/* What readers outside of the process see. */
union shown {
  struct record_timeline timeline;
  char pages[(sizeof(struct record_timeline) + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES];
};
static _Alignas(PAGE_BYTES) union shown shown;
static _Alignas(PAGE_BYTES) struct record_shares shares[RECORD_MOMENTS];
static_assert(sizeof shares % PAGE_BYTES == 0, "whole pages");

static struct {
  bool whole, tagged, files;
  bool attached; /* tags were switched on after the start */
  atomic_flag busy;
  /* What follows belongs to the thread that has set `busy`. */
  struct moments kept;
  struct top_shares top;
  uint64_t due_ns;
  uint64_t cost_ns;        /* of a moment */
  _Atomic uint64_t live;   /* of the last moment */
  _Atomic uint64_t most;   /* of all moments */
  _Atomic uint32_t number; /* the last one given out, to moments and events */
  _Atomic uint32_t first;
  _Atomic uint32_t marks, events; /* added so far: where the next one goes */
  _Atomic uint64_t latest;        /* kind of the latest event, and its place + 1 */
} axis = {.busy = ATOMIC_FLAG_INIT};

void timeline_setup(bool files) {
  axis.tagged = tagged_mode != TAGGED_NONE;
  axis.files = files;
  axis.whole = files || axis.tagged;
  axis.kept.capacity = axis.whole ? MOMENTS_MAX : LEAN_MOMENTS;
  axis.kept.base_ns = INTERVAL_NS;
  piece_show(PIECE_TIMELINE, &shown, sizeof shown);
  if (axis.tagged)
    axis.tagged = piece_show(PIECE_SHARES, shares, sizeof shares);
}

uint64_t timeline_live_bytes(void) { return atomic_load(&axis.live); }
uint64_t timeline_most_live(void) { return atomic_load(&axis.most); }

uint32_t timeline_first(void) { return atomic_load(&axis.first); }

static uint32_t next_number(void) { return atomic_fetch_add(&axis.number, 1) + 1; }

/* ---- what is written, in the order that record_format.h wants ---- */

static void item_begin(uint32_t *again, uint32_t number) {
  __atomic_store_n(again, number, __ATOMIC_RELAXED);
  atomic_thread_fence(memory_order_release);
}

static void item_end(uint32_t *first, uint32_t number) {
  __atomic_store_n(first, number, __ATOMIC_RELEASE);
}

/* ---- a moment ---- */

/* Is that in an account, where all requests have one since somebody attached? */
static bool has_accounts(const struct heap *h, bool exact) { return exact && h->tagged; }

/* By counters; *live: what lives, without what accounts will add. */
static uint64_t counted_allocs(uint64_t *live, bool exact) {
  uint64_t allocs = count_get(&heapless_large_allocs), booked = 0, large_booked = 0, small = 0;
  for (unsigned i = 0; i < heap_count(); i++) {
    const struct heap *h = heap_at(i);
    allocs += heap_read_published(h, has_accounts(h, exact) ? &booked : &small);
    allocs += count_get(&counts_of(h)->large_allocs);
    large_booked += exact ? count_get(&counts_of(h)->large_tagged_bytes) : 0;
  }
  *live = count_less(*live, large_booked) + small;
  return allocs;
}

/* Somebody has attached: samples of what was requested since, which are part of what is counted, or
 * the accounts of all, which are added to what has none: as the views of the accounts do.  The rest
 * is what is not known of. */
static void read_attached(struct record_axis_moment *m, bool exact) {
  uint64_t known = axis.top.live - axis.top.rest;
  if (exact)
    m->live_bytes += axis.top.live;
  else if (m->live_bytes < axis.top.live)
    m->live_bytes = axis.top.live;
  m->rest_bytes = m->live_bytes - known;
}

static void read_books(struct record_axis_moment *m) {
  bool exact = axis.tagged && tagged_since_attach();
  m->live_bytes = purge_live_bytes() + huge_live_bytes();
  if (!range.tagged)
    m->allocs = counted_allocs(&m->live_bytes, exact);
  if (!axis.tagged)
    return;
  top_shares_read(&axis.top);
  m->tagged = 1;
  if (axis.attached) {
    read_attached(m, exact);
    return;
  }
  m->live_bytes = axis.top.live;
  m->rest_bytes = axis.top.rest;
  if (range.tagged)
    m->allocs = axis.top.allocs;
}

/* No fork happens while the descriptor is open. */
static uint64_t read_resident(void) {
  struct heap *h = heap_mine();
  if (!axis.files || h == NULL || sandbox_forbids_reports() || !gate_try(h))
    return 0;
  uint64_t bytes = snapshot_resident();
  gate_leave(h);
  return bytes;
}

static void put_shares(unsigned place, uint32_t number) {
  struct record_shares *to = &shares[place];
  item_begin(&to->again, number);
  uint32_t n = 0;
  for (uint32_t i = 0; i < axis.top.count; i++) {
    const struct share *s = &axis.top.share[i];
    if (s->now == 0)
      continue;
    to->site[n] = s->site;
    to->bytes[n++] = s->now;
  }
  to->count = n;
  item_end(&to->number, number);
  top_shares_kept(&axis.top, place);
}

static void put_moment(unsigned place, const struct record_axis_moment *m) {
  struct record_axis_moment *to = &shown.timeline.moment[place];
  item_begin(&to->again, m->again);
  memcpy(&to->time_ns, &m->time_ns,
         offsetof(struct record_axis_moment, again) - offsetof(struct record_axis_moment, time_ns));
  item_end(&to->number, m->number);
}

/* From now on there are shares. */
static void begin_shares(void) {
  axis.attached = true;
  axis.kept.capacity = MOMENTS_MAX;
  axis.tagged = piece_show(PIECE_SHARES, shares, sizeof shares);
}

static void take(uint64_t now) {
  if (unlikely(tagged_mode != TAGGED_NONE && !axis.tagged && !axis.attached))
    begin_shares();
  struct record_axis_moment m = {.time_ns = now, .mapped_bytes = os_mapped_bytes()};
  read_books(&m);
  m.resident_bytes = read_resident();
  m.number = m.again = next_number();
  unsigned place = moments_add(&axis.kept, now, m.live_bytes);
  if (axis.tagged)
    put_shares(place, m.number);
  put_moment(place, &m);
  atomic_store(&axis.live, m.live_bytes);
  if (m.live_bytes > atomic_load(&axis.most))
    atomic_store(&axis.most, m.live_bytes);
}

/* One moment that took long, because the thread was interrupted, must not delay the next for long:
 * so what a moment costs is believed to grow step by step. */
static void note_cost(uint64_t now) {
  uint64_t cost = program_lived_ns() - now, most = axis.cost_ns * 2 + COST_LEAST_NS;
  axis.cost_ns = cost < most ? cost : most;
  uint64_t pause = axis.cost_ns * COST_SHARE;
  axis.due_ns = now + (pause > INTERVAL_NS ? pause : INTERVAL_NS);
}

static void take_if(bool always) {
  if (axis.kept.capacity == 0 || atomic_flag_test_and_set(&axis.busy))
    return;
  int saved = errno;
  uint64_t now = program_lived_ns();
  if (always || now >= axis.due_ns) {
    take(now);
    note_cost(now);
  }
  errno = saved;
  atomic_flag_clear(&axis.busy);
}

void timeline_tick(void) { take_if(false); }
void timeline_now(void) { take_if(true); }

/* Numbers go on, so that the parent's items are known by theirs. */
void timeline_fork_child(void) {
  atomic_flag_clear(&axis.busy);
  axis.kept.count = 0;
  axis.kept.most = axis.kept.highest = 0;
  atomic_store(&axis.most, 0);
  axis.top.count = 0;
  axis.due_ns = 0;
  atomic_store(&axis.latest, 0);
  atomic_store(&axis.first, atomic_load(&axis.number) + 1);
}

/* ---- events ---- */

static void put_event(struct record_event *to, const struct record_event *e) {
  item_begin(&to->again, e->again);
  memcpy(&to->kind, &e->kind,
         offsetof(struct record_event, again) - offsetof(struct record_event, kind));
  item_end(&to->number, e->number);
}

static void set_number(struct record_event *e) { e->number = e->again = next_number(); }

void timeline_mark(const char *name) {
  struct record_event e = {.kind = DUMP_EVENT_MARK, .time_ns = program_lived_ns(), .count = 1};
  memcpy(e.text, name, strnlen(name, sizeof e.text - 1));
  set_number(&e);
  put_event(&shown.timeline.mark[atomic_fetch_add(&axis.marks, 1) % RECORD_MARKS], &e);
}

/* What tells two events apart, and the place of the first of those that are alike. */
static uint64_t latest_of(enum dump_event_kind kind, uint64_t value, uint32_t place) {
  return (uint64_t)kind << 56 | (value & 0xffffffff) << 8 | (place % RECORD_EVENTS + 1);
}

void timeline_event(enum dump_event_kind kind, uint64_t value) {
  uint64_t latest = atomic_load(&axis.latest);
  uint32_t at = (uint32_t)(latest & 0xff);
  if (at != 0 && latest == latest_of(kind, value, at - 1)) {
    __atomic_add_fetch(&shown.timeline.event[at - 1].count, 1, __ATOMIC_RELAXED);
    return;
  }
  struct record_event e = {.kind = kind, .time_ns = program_lived_ns(), .value = value, .count = 1};
  uint32_t place = atomic_fetch_add(&axis.events, 1) % RECORD_EVENTS;
  set_number(&e);
  put_event(&shown.timeline.event[place], &e);
  atomic_store(&axis.latest, latest_of(kind, value, place));
}

/* ---- for a dump ---- */

/* Is that item's number the lowest above `after`, of those seen so far? */
static bool is_next(uint32_t number, uint32_t after, uint32_t best) {
  return number > after && number >= timeline_first() && (best == 0 || number < best);
}

bool timeline_next(uint32_t after, struct record_axis_moment *out) {
  out->number = 0;
  for (unsigned i = 0; i < axis.kept.capacity; i++) {
    struct record_axis_moment m = shown.timeline.moment[i];
    if (m.number == m.again && is_next(m.number, after, out->number)) {
      *out = m;
      out->zero = i;
    }
  }
  return out->number != 0;
}

bool timeline_shares(const struct record_axis_moment *moment, struct record_shares *out) {
  unsigned place = moment->zero % RECORD_MOMENTS;
  memcpy(out, &shares[place], sizeof *out);
  bool same = out->number == moment->number && out->again == moment->number;
  if (!same || out->count > RECORD_SHARES_MOST)
    out->count = 0;
  return same;
}

static bool next_of(const struct record_event *from, unsigned n, uint32_t after,
                    struct record_event *out) {
  out->number = 0;
  for (unsigned i = 0; i < n; i++) {
    uint32_t number = __atomic_load_n(&from[i].number, __ATOMIC_ACQUIRE);
    if (number == from[i].again && is_next(number, after, out->number))
      *out = from[i];
  }
  return out->number != 0;
}

bool timeline_next_mark(uint32_t after, struct record_event *out) {
  return next_of(shown.timeline.mark, RECORD_MARKS, after, out);
}

bool timeline_next_event(uint32_t after, struct record_event *out) {
  return next_of(shown.timeline.event, RECORD_EVENTS, after, out);
}
