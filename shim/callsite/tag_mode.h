/* Which requests get tags, decided once at the start. */
#ifndef SHIM_TAG_MODE_H
#define SHIM_TAG_MODE_H

#include "base.h"

/* TAGGED_SAMPLES: small requests are served untagged from our heap, except for samples, which go to
 * jemalloc as large requests do. */
enum tagged_mode { TAGGED_NONE, TAGGED_ALL, TAGGED_SAMPLES };
/* Written by tagged_setup only; any thread reads it. */
extern hidden enum tagged_mode tagged_mode;

/* Switches tags on: for all requests (sample_bytes == 0), or on average for one in each
 * sample_bytes requested bytes.  Once, before the first heap is used. */
hidden void tagged_setup(size_t sample_bytes);

/* Are paths one frame long although more were asked for, because libunwind.so.8 can't be used?  Any
 * thread, any time, after capture_setup. */
hidden bool tagged_lacks_unwinder(void);

#endif
