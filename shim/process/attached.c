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
#include "tag_mode.h"
#include "thread_record.h"
#include "timeline.h"

#include <errno.h>
#include <time.h>

/* Means that are too small would be tags of nearly every request, without their books. */
enum { SAMPLE_LEAST = 4 << 10 };

static struct {
  _Atomic uint32_t sequence; /* that the process has followed */
  atomic_flag busy;
  bool since_start; /* there are tags, but not of ours */
  bool known;
} attached = {.busy = ATOMIC_FLAG_INIT};

static uint32_t clamp(uint64_t value, uint32_t least, uint32_t most) {
  return value < least ? least : value > most ? most : (uint32_t)value;
}

/* For the whole process, once for each sequence.  Inside the gate, because it looks at modules. */
static void follow(struct record_process *head, uint32_t sequence) {
  uint64_t bytes = head->control.sample_bytes;
  if (!attached.known) {
    attached.since_start = tagged_mode != TAGGED_NONE;
    attached.known = true;
  }
  head->refused = attached.since_start ? RECORD_REFUSED_EXACT : RECORD_NOT_REFUSED;
  if (!attached.since_start && (bytes != 0 || tagged_mode != TAGGED_NONE)) {
    tagged_attach(bytes == 0 ? 0 : clamp(bytes, SAMPLE_LEAST, SAMPLE_MAX),
                  clamp(head->control.depth, 1, CAPTURE_DEPTH_MAX));
    mapped_calls_book();
    if (bytes != 0 && head->attached_mono == 0)
      head->attached_mono = os_clock_ns(CLOCK_MONOTONIC);
    timeline_event(bytes != 0 ? DUMP_EVENT_ATTACH : DUMP_EVENT_DETACH, bytes);
  }
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

/* The calling thread's arena.  Large requests leave the fast path that takes no samples, or take it
 * again. */
static void thread_follows(struct heap *h, uint32_t sequence) {
  if (!attached.since_start && tagged_mode == TAGGED_SAMPLES) {
    if (!tagged_begin(h))
      return;
    large_begin_samples(h, !tagged_is_paused());
  }
  counts_of(h)->joined = sequence;
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

void attach_fork_child(void) { atomic_flag_clear(&attached.busy); }
