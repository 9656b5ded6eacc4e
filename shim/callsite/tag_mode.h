/* Which requests get tags, decided once at the start. */
#ifndef SHIM_TAG_MODE_H
#define SHIM_TAG_MODE_H

#include "base.h"

/* With samples small requests are untagged in our heap, but for the samples, which go to jemalloc
 * as the large ones do. */
enum tagged_mode { TAGGED_NONE, TAGGED_ALL, TAGGED_SAMPLES };
extern hidden enum tagged_mode tagged_mode;

/* Tags for all requests (0), or for one in sample_bytes requested bytes.  Before the first heap is
 * used. */
hidden void tagged_setup(size_t sample_bytes);

/* Are paths one frame long although more were asked for?  libunwind.so.8 was not there. */
hidden bool tagged_lacks_unwinder(void);

#endif
