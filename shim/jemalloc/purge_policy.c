/* Purging jemalloc's idle pages; why and when, and the contract: purge_policy.h. */
#include "purge_policy.h"
#include "extent_cache.h"
#include "figures.h"
#include "fork_gate.h"
#include "huge.h"
#include "jemalloc.h"
#include "jemalloc_pages.h"
#include "os.h"
#include "page_map.h"
#include "thread_record.h"

#include <errno.h>

enum {
  CHECK_MS = 100,
  MOST_WAIT_MS = DECAY_MS,
  FEW_BYTES = 8 << 20, /* allocated, or idle: not worth a check */
  SMALL_PROCESS = 16 << 20,
  COUNT_BYTES = 128 << 10 /* of traffic, for each arena, before pages are counted again */
};

/* What jemalloc reads before it reads the user's MALLOC_CONF, which still wins.  No brk: the
 * program break belongs to the program. */
hidden const char *jep_malloc_conf = "dss:disabled,oversize_threshold:0,dirty_decay_ms:2000";
static_assert(DECAY_MS == 2000, "as in the text above");

hidden __thread struct purge_traffic purge_traffic __attribute__((tls_model("initial-exec")));
hidden void (*purge_taken_hook)(size_t bytes);

static struct {
  _Atomic bool known;                /* jemalloc's settings were read */
  _Atomic bool ours;                 /* the user's MALLOC_CONF leaves the policy to us */
  _Atomic uint64_t allocated, freed; /* bytes, since the start, as published */
  atomic_flag busy;
  /* What follows belongs to the thread that has set `busy`. */
  bool set_up;              /* jemalloc got the setting that it takes only by mallctl */
  uint64_t live;            /* bytes, when jemalloc's pages were last counted */
  uint64_t most;            /* highest live bytes so far, as lowered by lower_most */
  uint64_t counted_until;   /* traffic: jemalloc's pages are counted again when it reaches this */
  uint64_t paused_until;    /* purging was not worth it: no check before the traffic reaches this */
  uint64_t below_until;     /* nor one of the peak limit, which no more was resident than */
  uint64_t purged_resident; /* the process's peak of resident bytes at the last purge */
  uint32_t decayed_ms;
  uint32_t window_ms;    /* start of the current CHECK_MS of the budget, */
  uint64_t window_bytes; /* and bytes purged in it because most were idle */
  uint32_t above_ms;     /* when pages were purged last because of the peak limit, */
  uint32_t wait_ms;      /* and for how long they are not */
} policy = {.busy = ATOMIC_FLAG_INIT};

static bool enter(struct heap *h) { return record_of(h)->outside == 0 && gate_try(h); }

static void setup(void) { policy.ours = jemalloc_leaves_purging(); }

bool purge_setup(struct heap *h) {
  if (likely(policy.known) || page_map_mapped_bytes() == 0 || !enter(h))
    return policy.known;
  int saved = errno;
  if (!atomic_flag_test_and_set(&policy.busy)) {
    if (!policy.known)
      setup();
    policy.known = true;
    atomic_flag_clear(&policy.busy);
  }
  gate_leave(h);
  errno = saved;
  return policy.known;
}

/* ---- the limits ---- */

static uint64_t peak_limit(uint64_t live) {
  return greater_of(live, policy.most) + greater_of(policy.most / 10, FEW_BYTES);
}
static bool is_above_peak(struct jemalloc_pages s) { return s.live + s.idle > peak_limit(s.live); }

static bool is_mostly_idle(struct jemalloc_pages s) {
  return s.idle > s.live && s.idle > FEW_BYTES;
}

static uint64_t traffic(void) { return count_get(&policy.allocated) + count_get(&policy.freed); }

uint64_t purge_live_bytes(void) {
  return count_less(count_get(&policy.allocated), count_get(&policy.freed));
}

/* Untouched pages cost nothing: as long as the process never had more resident than the peak limit
 * allows, nothing must go back, and the limit is tested again when as many bytes were allocated as
 * are missing. */
static bool was_above_peak(uint64_t live, uint64_t resident) {
  uint64_t limit = peak_limit(live);
  if (resident <= limit)
    policy.below_until = traffic() + limit - resident;
  return resident > limit;
}

/* While less than half of the peak can be resident, purging what is mostly idle is worth it only if
 * the process's resident bytes have grown since the last purge. */
static bool is_worth_it(uint64_t resident) {
  return resident > policy.most / 2 || resident > policy.purged_resident;
}

/* Pages that are mostly idle may be needed again soon: no more of them than the peak are purged in
 * CHECK_MS, so that a program that frees and allocates in turn pays for its pages now and then, not
 * each time. */
static bool has_budget(uint64_t idle, uint32_t now) {
  if (now - policy.window_ms >= CHECK_MS) {
    policy.window_ms = now;
    policy.window_bytes = 0;
  }
  return policy.window_bytes + idle <= policy.most;
}

/* Idle pages that are above the peak limit again soon after a purge are of no use to the threads
 * that need pages: each has an arena of its own.  If they were purged each time, a program of two
 * threads that replaces objects at random would spend nine tenths of its time on page faults.  So
 * the wait between such purges grows as long as there is no second without one.  It ends at twice
 * the limit: idle extents that have grown together to more than 64 times what is requested serve no
 * request (jemalloc's lg_extent_max_active_fit), so idle pages could add up as fast as a thread can
 * allocate. */
static bool may_purge_peak(struct jemalloc_pages s, uint32_t now) {
  return now - policy.above_ms >= policy.wait_ms || s.live + s.idle > 2 * peak_limit(s.live);
}
static void note_peak_purge(uint32_t now) {
  bool again = now - policy.above_ms < policy.wait_ms + 1000;
  policy.wait_ms = again ? 2 * policy.wait_ms + CHECK_MS : 0;
  if (policy.wait_ms > MOST_WAIT_MS)
    policy.wait_ms = MOST_WAIT_MS;
  policy.above_ms = now;
}

/* In a small process few pages were ever touched. */
static void pause_checks(void) {
  policy.paused_until = traffic() + greater_of(policy.most, FEW_BYTES);
}

static void purge_all(uint64_t resident) {
  extent_trim(true);
  jep_mallctl("arena." ALL_ARENAS ".purge", NULL, NULL, NULL, 0);
  policy.purged_resident = resident;
}

static void enforce(struct jemalloc_pages s, bool above, bool mostly_idle, uint32_t now) {
  uint64_t resident = os_peak_resident_bytes();
  if (above && resident > SMALL_PROCESS && was_above_peak(s.live, resident)) {
    note_peak_purge(now);
    purge_all(resident);
  } else if (mostly_idle && resident > SMALL_PROCESS && is_worth_it(resident)) {
    policy.window_bytes += s.idle;
    purge_all(resident);
  } else if (mostly_idle || resident <= SMALL_PROCESS) {
    pause_checks();
  }
}

/* ---- when ---- */

/* jemalloc 5.3 makes its first arena before it reads that option, which concerns objects of 8 MiB
 * and more. */
static void never_oversize(void) {
  size_t never = (size_t)PTRDIFF_MAX;
  jep_mallctl("arena.0.oversize_threshold", NULL, NULL, &never, sizeof never);
  policy.set_up = true;
}

static void decay(uint32_t now) {
  policy.decayed_ms = now;
  jep_mallctl("arena." ALL_ARENAS ".decay", NULL, NULL, NULL, 0);
}

/* What waits in the extent cache is idle, although jemalloc takes it for alive. */
static struct jemalloc_pages with_cached_as_idle(struct jemalloc_pages s) {
  uint64_t cached = extent_bytes();
  s.live = count_less(s.live, cached);
  s.idle += cached;
  return s;
}

static void check_jemalloc(uint32_t now) {
  if (traffic() < policy.counted_until)
    return;
  struct jemalloc_pages s = jemalloc_pages_read();
  policy.counted_until = traffic() + (uint64_t)s.arenas * COUNT_BYTES;
  policy.live = s.live;
  policy.most = greater_of(policy.most, s.live);
  extent_set_limit(s.live, policy.most);
  if (traffic() < policy.paused_until)
    return;
  bool above = is_above_peak(s) && traffic() >= policy.below_until && may_purge_peak(s, now);
  bool mostly_idle = is_mostly_idle(with_cached_as_idle(s)) && has_budget(s.idle, now);
  if (above || mostly_idle)
    enforce(s, above, mostly_idle, now);
}

/* With fewer bytes allocated than FEW_BYTES no mallctl is made at all. */
static void check_limits(struct heap *h) {
  if (count_get(&policy.allocated) < FEW_BYTES || !enter(h))
    return;
  int saved = errno;
  uint32_t now = os_now_ms();
  if (!policy.set_up)
    never_oversize();
  check_jemalloc(now);
  if (now - policy.decayed_ms >= CHECK_MS) {
    extent_trim(false);
    decay(now);
    huge_purge(false);
  }
  gate_leave(h);
  errno = saved;
}

/* The small-object heap has mapped `bytes` bytes. */
static void lower_most(uint64_t bytes) {
  uint64_t least = policy.live / 3 * 4;
  if (policy.most > least)
    policy.most = greater_of(count_less(policy.most, bytes), least);
}

/* Returns the bytes that were allocated.  A signal handler may publish the same bytes in between:
 * what is then subtracted twice is added at the next call. */
static size_t publish(void) {
  struct purge_traffic mine = purge_traffic;
  purge_traffic.allocated -= mine.allocated;
  purge_traffic.freed -= mine.freed;
  purge_traffic.beside -= mine.beside;
  if ((mine.allocated | mine.freed) == 0)
    return mine.beside;
  atomic_fetch_add_explicit(&policy.allocated, mine.allocated, memory_order_relaxed);
  atomic_fetch_add_explicit(&policy.freed, mine.freed, memory_order_relaxed);
  return mine.allocated + mine.beside;
}

/* The hook comes last: what was purged before it need not be counted. */
void purge_run(struct heap *h, size_t small_bytes) {
  size_t taken = publish() + small_bytes;
  if (h != NULL && purge_setup(h) && policy.ours && !atomic_flag_test_and_set(&policy.busy)) {
    lower_most(small_bytes);
    check_limits(h);
    atomic_flag_clear(&policy.busy);
  }
  if (purge_taken_hook != NULL)
    purge_taken_hook(taken);
}

void purge_when_due(struct heap *h) {
  purge_run(h, 0);
  heap_look_at_others();
}

bool purge_now(size_t bytes) {
  uint64_t before = os_released_bytes();
  if (policy.ours && bytes <= PTRDIFF_MAX)
    jemalloc_purge();
  return os_released_bytes() != before;
}

void purge_fork_child(void) { atomic_flag_clear(&policy.busy); }
