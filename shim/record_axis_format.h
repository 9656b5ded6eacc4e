/* The record's time axis: what a process held, over time, and which call sites
 * held it.  Part of the record's format (record_format.h), whose rules hold here.
 *
 *   RECORD_TIMELINE  struct record_timeline   moments; marks of the program; other events
 *   RECORD_SHARES    struct record_shares     item i: what call sites held at moment[i]
 *
 * An item is valid if `number` and `again` are equal and not 0, and not below timeline_first.  The
 * writer changes `again` first and `number` last, and a reader copies from low addresses to high
 * ones, so that it sees a half-written item as one that is not valid.  Numbers grow with time;
 * items of each kind lie in any order, and the newest takes the place of one that is given up.
 */
#ifndef SHIM_RECORD_AXIS_FORMAT_H
#define SHIM_RECORD_AXIS_FORMAT_H

#include <assert.h>
#include <stdint.h>

enum {
  RECORD_MOMENTS = 256,
  RECORD_SHARES_MOST = 64, /* call sites in a moment */
  RECORD_MARKS = 64,
  RECORD_EVENTS = 32,
  RECORD_MARK_BYTES = 64 /* of a mark's name, with its NUL */
};

/* What the process held at one moment.  With tags:  live = rest + sum of the moment's shares */
struct record_axis_moment {
  uint32_t number;
  uint32_t zero;
  uint64_t time_ns;    /* since the process began */
  uint64_t live_bytes; /* requested; without tags cells of small objects, and large objects */
  uint64_t mapped_bytes;
  uint64_t resident_bytes; /* 0: not read */
  uint64_t allocs;
  uint64_t rest_bytes; /* with tags: of the call sites that have no share */
  uint32_t tagged;     /* 1: there are shares */
  uint32_t again;
};
static_assert(sizeof(struct record_axis_moment) == 64, "format");

/* What call sites held at the moment of that number. */
struct record_shares {
  uint32_t number;
  uint32_t count;
  uint32_t site[RECORD_SHARES_MOST];
  uint64_t bytes[RECORD_SHARES_MOST];
  uint32_t zero;
  uint32_t again;
};
static_assert(sizeof(struct record_shares) == 784, "format");

struct record_event {
  uint32_t number;
  uint32_t kind; /* enum dump_event_kind (dump_format.h) */
  uint64_t time_ns;
  uint64_t value;
  char text[RECORD_MARK_BYTES];
  uint32_t count; /* events of that kind one after the other, of which this was the first */
  uint32_t again;
};
static_assert(sizeof(struct record_event) == 96, "format");

struct record_timeline {
  struct record_axis_moment moment[RECORD_MOMENTS];
  struct record_event mark[RECORD_MARKS];
  struct record_event event[RECORD_EVENTS];
};
static_assert(sizeof(struct record_timeline) == 25600, "format");

#endif
