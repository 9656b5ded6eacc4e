/* The time axis: what the process held at up to 256 moments of its life, and what happened.
 *
 *   timeline (a piece)   moments | marks | events      with tags also: shares (a piece)
 *
 * A moment is taken in slow paths when one is due: at most every 100 ms, and so rarely that taking
 * them costs less than a thousandth of the time, however many call sites there are.  A process that
 * requests nothing takes none.  Which moments stay: moments.h.  Layout: record_format.h.
 *
 * Without tags, and without a file that was asked for, half as many moments are kept, so that two
 * pages are written to in all.  Without such a file the resident size is not read: that takes a
 * descriptor.
 *
 * What others can write to (pieces.h) is never read back for a decision.
 */
#ifndef SHIM_TIMELINE_H
#define SHIM_TIMELINE_H

#include "dump_format.h"
#include "record_format.h"

#include "base.h"

/* Shows the axis to readers.  In the constructor, after pieces_setup; `files`: some were asked for.
 */
hidden void timeline_setup(bool files);

/* Takes a moment, if one is due.  In slow paths, by a thread whose heap is whole; keeps errno. */
hidden void timeline_tick(void);

/* Takes a moment now, unless another thread is taking one: for a dump, whose end it is.  Keeps
 * errno; signal handlers too. */
hidden void timeline_now(void);

/* live_bytes of the last moment that was taken; 0: none was.  Any thread, signal handlers too. */
hidden uint64_t timeline_live_bytes(void);

/* The highest live_bytes of all moments so far.  Likewise. */
hidden uint64_t timeline_most_live(void);

/* The first number that is this process's (record_format.h): 0, or more in the child of a fork. */
hidden uint32_t timeline_first(void);

/* In the child of a fork: the axis begins again. */
hidden void timeline_fork_child(void);

/* Adds a named mark.  At most RECORD_MARK_BYTES - 1 bytes of the name are kept.  Lock-free; any
 * thread, signal handlers too. */
hidden void timeline_mark(const char *name);

/* Adds an event, or counts it with the one before it if that is of the same kind and value.
 * Lock-free; any thread, signal handlers too. */
hidden void timeline_event(enum dump_event_kind kind, uint64_t value);

/* For a dump: copies the moment, mark or event with the lowest number above `after`, and its shares
 * if they are still there (else their count is 0).  False: there is none.  Any thread; what changes
 * meanwhile may be missing. */
hidden bool timeline_next(uint32_t after, struct record_axis_moment *out);
hidden bool timeline_shares(const struct record_axis_moment *moment, struct record_shares *out);
hidden bool timeline_next_mark(uint32_t after, struct record_event *out);
hidden bool timeline_next_event(uint32_t after, struct record_event *out);

#endif
