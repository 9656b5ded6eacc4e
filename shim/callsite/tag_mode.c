/* Tags are switched on, and samples off and on again; contract in tag_mode.h. */
#include "tag_mode.h"
#include "capture_modules.h"
#include "capture_state.h"
#include "heap_tag.h"
#include "options.h"
#include "sampling.h"
#include "thread_record.h"

hidden enum tagged_mode tagged_mode;
static _Atomic bool paused; /* no samples are taken, though some were */

/* For heap_opened: what a heap needs for tags.  False: no memory. */
static bool tagged_open(struct heap *h) {
  bool first = record_of(h)->capture == NULL;
  if (!heap_open_books(h) || !capture_open(h))
    return false;
  if (first && sampling_period != 0 && !paused)
    sampling_open(h);
  return true;
}

void tagged_setup(size_t sample_bytes) {
  sampling_period = sample_bytes;
  tagged_mode = sample_bytes != 0 ? TAGGED_SAMPLES : TAGGED_ALL;
  heap_opened = tagged_open;
}

void tagged_attach(size_t sample_bytes, unsigned depth) {
  if (sample_bytes == 0) {
    paused = true;
    return;
  }
  sampling_period = sample_bytes;
  capture_mode.depth = depth;
  paused = false;
  if (tagged_mode != TAGGED_NONE)
    return;
  capture_modules_setup();
  heap_opened = tagged_open;
  atomic_thread_fence(memory_order_seq_cst);
  tagged_mode = TAGGED_SAMPLES;
}

bool tagged_begin(struct heap *h) {
  if (paused) {
    sampling_close(h);
    return true;
  }
  bool opened = record_of(h)->capture != NULL;
  if (!opened && !tagged_open(h))
    return false;
  if (opened)
    sampling_open(h);
  return true;
}

bool tagged_is_paused(void) { return paused; }

enum dump_tags tagged_tags(void) {
  if (tagged_mode == TAGGED_NONE)
    return DUMP_TAG_OFF;
  if (options_now()->tags == TAGS_VERIFY && capture_mode.depth > 1)
    return DUMP_TAG_VERIFY;
  bool alone = capture_mode.depth == 1 && options_now()->depth == 1; /* stack:1 is a stack */
  return capture_mode.depth > 1 || (alone && options_now()->tags == TAGS_STACK) ? DUMP_TAG_STACK
                                                                                : DUMP_TAG_SITE;
}

unsigned tagged_depth(void) { return tagged_mode == TAGGED_NONE ? 0 : capture_mode.depth; }
size_t tagged_sample_bytes(void) { return tagged_mode == TAGGED_NONE ? 0 : sampling_period; }

bool tagged_lacks_unwinder(void) {
  return tagged_mode != TAGGED_NONE && options_now()->depth > 1 && !capture_mode.unwinder;
}
