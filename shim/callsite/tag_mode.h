/* Which requests get tags.
 *
 * Decided at the start (tagged_setup), but for one thing: a process without tags may be asked from
 * outside to take samples (process/attached.h).  Then each arena begins when its thread has called
 * tagged_begin, and nothing else changes: samples are objects of jemalloc's, and pages say so. */
#ifndef SHIM_TAG_MODE_H
#define SHIM_TAG_MODE_H

#include "dump_format.h"
#include "heap.h"

/* TAGGED_SAMPLES: small requests are served untagged from our heap, except for samples, which go to
 * jemalloc as large requests do. */
enum tagged_mode { TAGGED_NONE, TAGGED_ALL, TAGGED_SAMPLES };
/* Written by tagged_setup and tagged_attach; any thread reads it. */
extern hidden enum tagged_mode tagged_mode;

/* Switches tags on: for all requests (sample_bytes == 0), or on average for one in each
 * sample_bytes requested bytes.  Once, before the first heap is used. */
hidden void tagged_setup(size_t sample_bytes);

/* Takes samples from now on, in a process that has no tags: of one in each sample_bytes requested
 * bytes, with paths of `depth` frames (1..CAPTURE_DEPTH_MAX).  Again: with other numbers.
 * sample_bytes 0: takes no more.  Arenas that are taken by a thread later follow by themselves,
 * others when their thread calls tagged_begin.  One thread at a time; inside the gate, not in a
 * signal handler (modules_refresh). */
hidden void tagged_attach(size_t sample_bytes, unsigned depth);

/* The calling thread's arena takes samples, or none, as tagged_attach said last.  False: no memory.
 */
hidden bool tagged_begin(struct heap *h);

/* Were samples taken, and are no more?  Any thread, any time. */
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
