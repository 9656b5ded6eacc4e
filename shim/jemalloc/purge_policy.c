/* Purging jemalloc's idle pages; why and when, and the contract: purge_policy.h. */
#include "purge_policy.h"
#include "figures.h"
#include "fork_gate.h"
#include "huge.h"
#include "jemalloc.h"
#include "os.h"
#include "page_map.h"
#include "thread_record.h"

#include <errno.h>
#include <sys/types.h>

enum {
  CHECK_MS = 100,
  FEW_BYTES = 8 << 20, /* allocated, or idle: not worth a check */
  SMALL_PROCESS = 16 << 20
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
  bool set_up; /* jemalloc got the setting that it takes only by mallctl */
  /* When jemalloc was asked last: the two sums above, and its answer. */
  uint64_t allocated_then, freed_then, live_then, idle_then;
  uint64_t used;         /* live and idle bytes of that answer; or live since, if that is more */
  uint64_t most;         /* highest live bytes so far, as lowered by lower_most */
  uint64_t paused_until; /* purging was not worth it: no check before the traffic reaches this */
  uint32_t checked_ms;
  uint64_t purged_resident; /* the process's peak of resident bytes at the last purge */
  uint32_t window_ms;       /* start of the current CHECK_MS of has_budget, */
  uint64_t window_bytes;    /* and bytes purged in it because most were idle */
} policy = {.busy = ATOMIC_FLAG_INIT};

static ssize_t number(const char *name) {
  ssize_t value = -1;
  size_t bytes = sizeof value;
  jep_mallctl(name, &value, &bytes, NULL, 0);
  return value;
}

/* 0 if jemalloc has no memory to answer. */
static uint64_t pages(const char *name) {
  ssize_t n = number(name);
  return n > 0 ? (uint64_t)n * PAGE_BYTES : 0;
}

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

/* Bytes of pages that objects are in, and of pages that none is in. */
struct state {
  uint64_t live, idle;
};

static inline uint64_t more_of(uint64_t a, uint64_t b) { return a > b ? a : b; }
static bool is_above_peak(struct state s) {
  return s.live + s.idle > more_of(s.live, policy.most) + more_of(policy.most / 10, FEW_BYTES);
}

static bool is_mostly_idle(struct state s) { return s.idle > s.live && s.idle > FEW_BYTES; }

static uint64_t traffic(void) { return count_get(&policy.allocated) + count_get(&policy.freed); }

/* Bytes now live, by what was published. */
static uint64_t live_now(void) {
  return count_less(policy.live_then + count_get(&policy.allocated) - policy.allocated_then,
                    count_get(&policy.freed) - policy.freed_then);
}

uint64_t purge_live_bytes(void) {
  return count_less(count_get(&policy.allocated), count_get(&policy.freed));
}

/* Could a limit be exceeded by now?  The peak limit is tested pessimistically (assume no idle page
 * was reused), so that it is never noticed too late; the idle-share limit optimistically (assume
 * every free page was reused), because otherwise each free+malloc pair would push us over it. */
static bool may_exceed(uint64_t live) {
  if (traffic() < policy.paused_until)
    return false;
  uint64_t idle = policy.idle_then + count_get(&policy.freed) - policy.freed_then;
  return is_above_peak((struct state){live, idle}) ||
         is_mostly_idle((struct state){live, count_less(policy.used, live)});
}

static struct state ask(void) {
  uint64_t epoch = 1;
  policy.allocated_then = count_get(&policy.allocated);
  policy.freed_then = count_get(&policy.freed);
  jep_mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
  struct state s = {pages("stats.arenas." ALL_ARENAS ".pactive"),
                    pages("stats.arenas." ALL_ARENAS ".pdirty")};
  policy.live_then = s.live;
  policy.idle_then = s.idle;
  policy.used = s.live + s.idle;
  policy.most = more_of(policy.most, s.live);
  return s;
}

/* Untouched pages cost nothing: while less than half of the peak can be resident, purging is worth
 * it only if the process's resident bytes have grown since the last purge. */
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
  if (policy.window_bytes + idle > policy.most)
    return false;
  policy.window_bytes += idle;
  return true;
}

static void pause_checks(void) {
  policy.paused_until = traffic() + more_of(policy.most, FEW_BYTES);
}

/* In a small process few pages were ever touched, and jemalloc is not even asked: asking took an
 * eighth of the time of a program in which one request of 200 is of up to 256 KiB. */
static void enforce(uint32_t now) {
  uint64_t resident = os_peak_resident_bytes();
  if (resident <= SMALL_PROCESS) {
    pause_checks();
    return;
  }
  struct state s = ask();
  bool above = is_above_peak(s);
  if (!above && !is_mostly_idle(s))
    return;
  if (is_worth_it(resident) && (above || has_budget(s.idle, now))) {
    jep_mallctl("arena." ALL_ARENAS ".purge", NULL, NULL, NULL, 0);
    policy.purged_resident = resident;
    policy.idle_then = 0;
    policy.used = s.live;
  } else {
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

/* With fewer bytes allocated than FEW_BYTES no mallctl is made at all. */
static void check_limits(struct heap *h) {
  if (count_get(&policy.allocated) < FEW_BYTES)
    return;
  uint64_t live = live_now();
  policy.used = more_of(policy.used, live);
  policy.most = more_of(policy.most, live);
  uint32_t now = os_now_ms();
  bool exceeded = may_exceed(live);
  if ((policy.set_up && !exceeded && now - policy.checked_ms < CHECK_MS) || !enter(h))
    return;
  int saved = errno;
  if (!policy.set_up)
    never_oversize();
  policy.checked_ms = now;
  if (exceeded)
    enforce(now);
  else
    jep_mallctl("arena." ALL_ARENAS ".decay", NULL, NULL, NULL, 0);
  huge_purge(false);
  gate_leave(h);
  errno = saved;
}

/* The small-object heap has mapped `bytes` bytes. */
static void lower_most(uint64_t bytes) {
  uint64_t least = policy.live_then / 3 * 4;
  if (policy.most > least)
    policy.most = more_of(count_less(policy.most, bytes), least);
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
