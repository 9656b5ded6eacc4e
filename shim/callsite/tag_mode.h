/* Which requests get tags.
 *
 * Decided at the start (tagged_setup), but for one thing: a process without tags may be asked from
 * outside to tag samples, or all requests (process/attached.h), and to end that again.  Each thread
 * begins and ends when it calls tagged_follow.
 *
 *   samples        are objects of jemalloc's, and their pages say so
 *   all requests   small ones come from a heap of the thread's that has tags (heap_pair.h), large
 *                  ones are marked as samples are, and stand for themselves alone
 *
 * What was tagged is booked when it is freed, whatever is tagged by then. */
#ifndef SHIM_TAG_MODE_H
#define SHIM_TAG_MODE_H

#include "dump_format.h"
#include "heap.h"

/* TAGGED_SAMPLES: small requests are served untagged from our heap, except for samples, which go to
 * jemalloc as large requests do.  With tags since the start TAGGED_ALL means every object that is
 * alive (range.tagged); else what was asked for last, though threads may not have followed, and it
 * may have ended (tagged_is_paused). */
enum tagged_mode { TAGGED_NONE, TAGGED_ALL, TAGGED_SAMPLES };
/* Written by tagged_setup and tagged_attach; any thread reads it. */
extern hidden enum tagged_mode tagged_mode;

/* Are all requests tagged that were made since somebody asked for it?  Then there are objects from
 * before, too.  Any thread, any time. */
static inline bool tagged_since_attach(void) { return tagged_mode == TAGGED_ALL && !range.tagged; }

/* Are the arena's accounts shown?  Estimates of before are not, once all requests are tagged. */
static inline bool tagged_shows(const struct heap *h) {
  return h->books.index != NULL && (h->tagged || !tagged_since_attach());
}

/* Switches tags on: for all requests (sample_bytes == 0), or on average for one in each
 * sample_bytes requested bytes.  Once, before the first heap is used. */
hidden void tagged_setup(size_t sample_bytes);

/* Tags from now on, in a process that has no tags since its start: one request in each sample_bytes
 * requested bytes, or all (sample_bytes 1), with paths of `depth` frames (1..CAPTURE_DEPTH_MAX).
 * Again: with other numbers.  Threads follow when they call tagged_follow.  But for RANGE_DONE
 * nothing has changed: there is no memory, or it is to be tried again later (range_add_tags).
 * tagged_detach: no more are tagged.  One thread at a time; inside the gate, not in a signal
 * handler (modules_refresh). */
hidden enum range_answer tagged_attach(size_t sample_bytes, unsigned depth);
hidden void tagged_detach(void);

/* The calling thread does what was asked last.  It may have another arena afterwards (heap_mine).
 * False: no memory.  With its heaps whole; outside the gate. */
hidden bool tagged_follow(void);

/* Were tags given, and are no more?  Any thread, any time. */
hidden bool tagged_is_paused(void);

/* What a tag is: of which kind, as dumps have it; frames of a path, bytes for each sample (0: every
 * request has a tag).  Any thread, any time. */
hidden enum dump_tags tagged_tags(void);
hidden unsigned tagged_depth(void);
hidden size_t tagged_sample_bytes(void);

/* Are paths one frame long although more were asked for, because libunwind.so.8 can't be used?  Any
 * thread, any time, after capture_setup. */
hidden bool tagged_lacks_unwinder(void);

#endif
