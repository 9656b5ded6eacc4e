/* Purging jemalloc's idle pages; why and when stands in purge_policy.h. */
#include "purge_policy.h"
#include "figures.h"
#include "fork_gate.h"
#include "jemalloc.h"
#include "os.h"
#include "page_map.h"

#include <errno.h>
#include <sys/types.h>

enum {
  DECAY_MS = 500,
  LOOK_MS = 100,
  FEW_BYTES = 8 << 20, /* taken, or idle, they are not worth a look */
  SMALL_PROCESS = 16 << 20
};

/* What jemalloc is told before it reads the user's MALLOC_CONF, which still wins.  No brk: the
 * program break belongs to the program. */
hidden const char *jep_malloc_conf = "dss:disabled,oversize_threshold:0,dirty_decay_ms:500";
static_assert(DECAY_MS == 500, "as in the text above");

hidden __thread struct purge_traffic purge_traffic __attribute__((tls_model("initial-exec")));

static struct {
  _Atomic bool known;            /* whether it is ours: */
  _Atomic bool ours;             /* the user has not said otherwise */
  _Atomic uint64_t taken, given; /* bytes, ever, as told */
  atomic_flag busy;
  /* Whoever is busy has the rest. */
  bool begun; /* jemalloc was told */
  /* When jemalloc was asked last: the same two, and what it said. */
  uint64_t taken_then, given_then, live_then, idle_then;
  uint64_t used;        /* then live or idle; or live since, if that is more */
  uint64_t most;        /* that was ever live */
  uint64_t rests_until; /* value of taken + given: purging was not worth it */
  uint32_t looked_ms;
  uint64_t purged_resident; /* the process's peak, when pages went last */
  uint32_t window_ms;       /* since then so many bytes went because most were idle: */
  uint64_t window_bytes;
} spare = {.busy = ATOMIC_FLAG_INIT};

static ssize_t number(const char *name) {
  ssize_t value = -1;
  size_t bytes = sizeof value;
  jep_mallctl(name, &value, &bytes, NULL, 0);
  return value;
}

/* None, if it can't be had. */
static uint64_t pages(const char *name) {
  ssize_t n = number(name);
  return n > 0 ? (uint64_t)n * PAGE_BYTES : 0;
}

static bool enter(struct heap *h) { return h->outside == 0 && gate_try(h); }

static void setup(void) {
  spare.ours = jep_opt_oversize_threshold == 0 && jep_opt_dirty_decay_ms == DECAY_MS;
}

bool purge_setup(struct heap *h) {
  if (likely(spare.known) || page_map_mapped_bytes() == 0 || !enter(h))
    return spare.known;
  int saved = errno;
  if (!atomic_flag_test_and_set(&spare.busy)) {
    if (!spare.known)
      setup();
    spare.known = true;
    atomic_flag_clear(&spare.busy);
  }
  gate_leave(h);
  errno = saved;
  return spare.known;
}

/* ---- the limits ---- */

/* Bytes that objects are in, and that none is in. */
struct state {
  uint64_t live, idle;
};

static inline uint64_t more_of(uint64_t a, uint64_t b) { return a > b ? a : b; }
static bool is_above_peak(struct state s) {
  return s.live + s.idle > more_of(s.live, spare.most) + more_of(spare.most / 10, FEW_BYTES);
}

static bool is_mostly_idle(struct state s) { return s.idle > s.live && s.idle > FEW_BYTES; }

static uint64_t traffic(void) { return count_get(&spare.taken) + count_get(&spare.given); }

/* Bytes now live, by what was told. */
static uint64_t live_now(void) {
  return count_less(spare.live_then + count_get(&spare.taken) - spare.taken_then,
                    count_get(&spare.given) - spare.given_then);
}

/* May a limit have been passed since jemalloc was asked?  For the peak, as if no idle page had
 * served again, so that it is not found passed too late; for the share, as if all had, or every
 * replacement would add to it. */
static bool may_be_beyond(uint64_t live) {
  if (traffic() < spare.rests_until)
    return false;
  uint64_t idle = spare.idle_then + count_get(&spare.given) - spare.given_then;
  return is_above_peak((struct state){live, idle}) ||
         is_mostly_idle((struct state){live, count_less(spare.used, live)});
}

static struct state ask(void) {
  uint64_t epoch = 1;
  spare.taken_then = count_get(&spare.taken);
  spare.given_then = count_get(&spare.given);
  jep_mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
  struct state s = {pages("stats.arenas.4096.pactive"), pages("stats.arenas.4096.pdirty")};
  spare.live_then = s.live;
  spare.idle_then = s.idle;
  spare.used = s.live + s.idle;
  spare.most = more_of(spare.most, s.live);
  return s;
}

/* Untouched pages cost nothing: where less than half of the peak can be resident, what is idle
 * matters only if that has grown. */
static bool is_worth_it(uint64_t resident) {
  return resident > spare.most / 2 || resident > spare.purged_resident;
}

/* What is mostly idle may be wanted back soon: of such bytes no more than the peak goes in a while,
 * so that a program that comes and goes pays for its pages now and then, not each time. */
static bool has_budget(uint64_t idle, uint32_t now) {
  if (now - spare.window_ms >= LOOK_MS) {
    spare.window_ms = now;
    spare.window_bytes = 0;
  }
  if (spare.window_bytes + idle > spare.most)
    return false;
  spare.window_bytes += idle;
  return true;
}

static void rest(void) { spare.rests_until = traffic() + more_of(spare.most, FEW_BYTES); }

/* A small process has few pages that were ever touched, and is left alone, not even asked: asking
 * took an eighth of the time where one request of 200 is of up to 256 KiB. */
static void limit(uint32_t now) {
  uint64_t resident = os_peak_resident_bytes();
  if (resident <= SMALL_PROCESS) {
    rest();
    return;
  }
  struct state s = ask();
  bool above = is_above_peak(s);
  if (!above && !is_mostly_idle(s))
    return;
  if (is_worth_it(resident) && (above || has_budget(s.idle, now))) {
    jep_mallctl("arena.4096.purge", NULL, NULL, NULL, 0); /* 4096: MALLCTL_ARENAS_ALL */
    spare.purged_resident = resident;
    spare.idle_then = 0;
    spare.used = s.live;
  } else {
    rest();
  }
}

/* ---- when ---- */

/* jemalloc 5.3 makes its first arena before it reads that option; what it is about has 8 MiB. */
static void never_oversize(void) {
  size_t never = (size_t)PTRDIFF_MAX;
  jep_mallctl("arena.0.oversize_threshold", NULL, NULL, &never, sizeof never);
  spare.begun = true;
}

/* Small processes come without a first mallctl. */
static void look(struct heap *h) {
  if (count_get(&spare.taken) < FEW_BYTES)
    return;
  uint64_t live = live_now();
  spare.used = more_of(spare.used, live);
  spare.most = more_of(spare.most, live);
  uint32_t now = os_now_ms();
  bool beyond = may_be_beyond(live);
  if ((spare.begun && !beyond && now - spare.looked_ms < LOOK_MS) || !enter(h))
    return;
  int saved = errno;
  if (!spare.begun)
    never_oversize();
  spare.looked_ms = now;
  if (beyond)
    limit(now);
  else
    jep_mallctl("arena.4096.decay", NULL, NULL, NULL, 0);
  gate_leave(h);
  errno = saved;
}

/* Down to a third above what is live. */
static void lower_most(uint64_t bytes) {
  uint64_t least = spare.live_then / 3 * 4;
  if (spare.most > least)
    spare.most = more_of(count_less(spare.most, bytes), least);
}

/* A handler may tell the same in between: what is then subtracted twice is added by the next. */
static void tell(void) {
  struct purge_traffic told = purge_traffic;
  purge_traffic.taken -= told.taken;
  purge_traffic.given -= told.given;
  if ((told.taken | told.given) == 0)
    return;
  atomic_fetch_add_explicit(&spare.taken, told.taken, memory_order_relaxed);
  atomic_fetch_add_explicit(&spare.given, told.given, memory_order_relaxed);
}

void purge_run(struct heap *h, size_t small_bytes) {
  tell();
  if (h == NULL || !purge_setup(h) || !spare.ours || atomic_flag_test_and_set(&spare.busy))
    return;
  lower_most(small_bytes);
  look(h);
  atomic_flag_clear(&spare.busy);
}

bool purge_now(size_t bytes) {
  uint64_t before = os_released_bytes();
  if (spare.ours && bytes <= PTRDIFF_MAX)
    jemalloc_purge();
  return os_released_bytes() != before;
}

void purge_fork_child(void) { atomic_flag_clear(&spare.busy); }
