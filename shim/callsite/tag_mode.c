/* Tags are switched on, and off and on again; contract in tag_mode.h. */
#include "tag_mode.h"
#include "capture_modules.h"
#include "capture_state.h"
#include "heap_pair.h"
#include "heap_tag.h"
#include "options.h"
#include "sampling.h"
#include "thread_record.h"

hidden enum tagged_mode tagged_mode;
static _Atomic bool paused; /* nothing is tagged, though some requests were */

/* Are samples to be taken now? */
static bool is_sampling(void) { return tagged_mode == TAGGED_SAMPLES && !paused; }

static bool open_books(struct heap *h) { return heap_open_books(h) && capture_open(h); }

/* For heap_opened: what a heap needs for tags.  False: no memory. */
static bool tagged_open(struct heap *h) {
  bool first = record_of(h)->capture == NULL;
  if (!h->tagged && !is_sampling() && first) /* it takes no part */
    return true;
  if (!open_books(h))
    return false;
  if (first && !h->tagged && is_sampling())
    sampling_open(h);
  return true;
}

void tagged_setup(size_t sample_bytes) {
  sampling_period = sample_bytes;
  tagged_mode = sample_bytes != 0 ? TAGGED_SAMPLES : TAGGED_ALL;
  heap_opened = tagged_open;
}

/* ---- asked for while the process runs ---- */

void tagged_detach(void) { paused = true; }

static void set_depth(unsigned depth) {
  if (capture_mode.depth == depth)
    return;
  capture_mode.depth = depth;
  capture_mode.room = path_room_of(depth);
  capture_forget_addresses(); /* they know paths of another length */
}

enum range_answer tagged_attach(size_t sample_bytes, unsigned depth) {
  bool all = sample_bytes == 1;
  enum range_answer rows = all ? range_add_tags() : RANGE_DONE;
  if (rows != RANGE_DONE)
    return rows;
  set_depth(depth);
  if (tagged_mode == TAGGED_NONE)
    capture_modules_setup();
  if (!all)
    sampling_period = sample_bytes;
  paused = false;
  heap_opened = tagged_open;
  atomic_thread_fence(memory_order_seq_cst);
  tagged_mode = all ? TAGGED_ALL : TAGGED_SAMPLES;
  return RANGE_DONE;
}

static bool follow_samples(struct heap *h) {
  bool first = record_of(h)->capture == NULL;
  if (!is_sampling()) {
    if (!first)
      sampling_close(h);
    return true;
  }
  if (first && !open_books(h))
    return false;
  sampling_open(h);
  return true;
}

/* Tags that the program has pushed go with the thread from one arena to the other.  An arena that
 * never had tags keeps none (arenashim_api.c). */
static void take_labels(const struct capture *from, struct capture *to) {
  if (from == NULL || to == NULL)
    return;
  to->root = from->root;
  to->labels = from->labels;
  for (unsigned i = 0; i < to->labels; i++)
    to->below[i] = from->below[i];
}

/* The thread is in the other of its two heaps. */
static bool change(struct heap *from, bool changed) {
  if (changed)
    take_labels(capture_of(from), capture_of(heap_mine()));
  return changed;
}

bool tagged_follow(void) {
  struct heap *h = heap_mine();
  bool all = tagged_mode == TAGGED_ALL && !paused;
  if (!all && h->tagged) {
    heap_end_tags();
    change(h, true);
  }
  if (!follow_samples(h->tagged ? h->beside : h))
    return false;
  return all && !h->tagged ? change(h, heap_begin_tags()) : true;
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
size_t tagged_sample_bytes(void) { return tagged_mode == TAGGED_SAMPLES ? sampling_period : 0; }

bool tagged_lacks_unwinder(void) {
  return tagged_mode != TAGGED_NONE && options_now()->depth > 1 && !capture_mode.unwinder;
}
