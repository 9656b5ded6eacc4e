/* Tags are switched on; contract in tag_mode.h. */
#include "tag_mode.h"
#include "capture_state.h"
#include "heap_tag.h"
#include "options.h"
#include "sampling.h"
#include "thread_record.h"

hidden enum tagged_mode tagged_mode;

/* For heap_opened: what a heap needs for tags.  False: no memory. */
static bool tagged_open(struct heap *h) {
  bool first = record_of(h)->capture == NULL;
  if (!heap_open_books(h) || !capture_open(h))
    return false;
  if (first && sampling_period != 0)
    sampling_open(h);
  return true;
}

void tagged_setup(size_t sample_bytes) {
  sampling_period = sample_bytes;
  tagged_mode = sample_bytes != 0 ? TAGGED_SAMPLES : TAGGED_ALL;
  heap_opened = tagged_open;
}

bool tagged_lacks_unwinder(void) {
  return tagged_mode != TAGGED_NONE && options_now()->depth > 1 && !capture_mode.unwinder;
}
