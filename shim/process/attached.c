/* The control word; contract and picture in attached.h. */
#include "attached.h"
#include "capture.h"
#include "fork_gate.h"
#include "heap_counts.h"
#include "large.h"
#include "mapped_calls.h"
#include "options.h"
#include "os.h"
#include "record.h"
#include "tagged_arena.h"
#include "tag_mode.h"
#include "thread_cache.h"
#include "thread_record.h"
#include "timeline.h"

#include <errno.h>
#include <time.h>

/* Means that are too small would be tags of nearly every request, without their books. */
enum { SAMPLE_LEAST = 4 << 10 };

static struct {
  _Atomic uint32_t sequence; /* that the process has followed */
  atomic_flag busy;
} attached = {.busy = ATOMIC_FLAG_INIT};

/* There are tags, but not of ours. */
static bool since_start(void) { return options_now()->tags != TAGS_OFF; }

static uint32_t clamp(uint64_t value, uint32_t least, uint32_t most) {
  return value < least ? least : value > most ? most : (uint32_t)value;
}

static enum range_answer attach(uint64_t bytes, uint32_t depth) {
  bool all = bytes == 1;
  enum range_answer a = tagged_attach(all ? 1 : clamp(bytes, SAMPLE_LEAST, SAMPLE_MAX),
                                      clamp(depth, 1, CAPTURE_DEPTH_MAX));
  if (a == RANGE_DONE && all)
    tagged_arena_make();
  return a;
}

static enum range_answer change(uint64_t bytes, uint32_t depth) {
  if (bytes != 0)
    return attach(bytes, depth);
  tagged_detach();
  return RANGE_DONE;
}

/* For the whole process, once for each sequence, or at the next look if that can't be now.  Inside
 * the gate, because it looks at modules. */
static void follow(struct record_process *head, uint32_t sequence) {
  uint64_t bytes = head->control.sample_bytes;
  head->refused = since_start() ? RECORD_REFUSED_EXACT : RECORD_NOT_REFUSED;
  if (!since_start() && (bytes != 0 || tagged_mode != TAGGED_NONE)) {
    enum range_answer answer = change(bytes, head->control.depth);
    if (answer == RANGE_BUSY)
      return;
    bool done = answer == RANGE_DONE;
    mapped_calls_book();
    head->refused = done ? RECORD_NOT_REFUSED : RECORD_REFUSED_MEMORY;
    if (done && bytes != 0 && head->attached_mono == 0)
      head->attached_mono = os_clock_ns(CLOCK_MONOTONIC);
    if (done)
      timeline_event(bytes != 0 ? DUMP_EVENT_ATTACH : DUMP_EVENT_DETACH, bytes);
  }
  record_note_tags();
  attached.sequence = sequence;
  __atomic_store_n(&head->seen, sequence, __ATOMIC_RELEASE);
}

/* Has the process followed?  The thread that finds that it has not does it, if it may now. */
static bool process_follows(struct heap *h, uint32_t sequence) {
  if (attached.sequence == sequence)
    return true;
  if (atomic_flag_test_and_set(&attached.busy))
    return false;
  if (attached.sequence != sequence && gate_try(h)) {
    follow(record_head(), sequence);
    gate_leave(h);
  }
  atomic_flag_clear(&attached.busy);
  return attached.sequence == sequence;
}

/* The calling thread's arenas. */
static void thread_follows(struct heap *h, uint32_t sequence) {
  if (!since_start() && tagged_mode != TAGGED_NONE) {
    if (tagged_mode == TAGGED_ALL)
      cache_clear(h);
    if (!tagged_follow())
      return;
    h = heap_mine();
    large_follow(h);
    if (h->tagged)
      tagged_cache_open(h);
    else
      tagged_cache_close(h);
  }
  counts_of(h)->joined = sequence;
  if (h->beside != NULL)
    counts_of(h->beside)->joined = sequence;
}

void attach_look(void) {
  struct heap *h = heap_mine();
  uint32_t wanted = __atomic_load_n(&record_head()->control.sequence, __ATOMIC_ACQUIRE);
  if (likely(h == NULL || wanted == counts_of(h)->joined) || record_of(h)->outside > 0)
    return;
  int saved = errno;
  if (process_follows(h, wanted))
    thread_follows(h, wanted);
  errno = saved;
}

/* What the parent was asked and had not begun is not the child's: to begin takes the loader's lock,
 * which another thread of the parent may have had. */
void attach_fork_child(void) {
  atomic_flag_clear(&attached.busy);
  tagged_cache_fork_child();
  if (tagged_mode == TAGGED_NONE)
    attached.sequence = record_head()->control.sequence;
}
