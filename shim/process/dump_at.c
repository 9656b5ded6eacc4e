/* When to look at the limits of memory, and when to write a dump; contract in dump_at.h.
 *
 *   a thread takes a block, or large objects of 1 MiB in all     (purge_policy.h: dump_at_look)
 *   a realloc is about to touch 1 MiB or more, or a request was refused  (own_calls.h: on_growth)
 *     is it time to look?        an addition and a comparison; of a size, what is mapped says it
 *       look                     a few files are read (memory_limits.h)
 *         is a share reached?    a dump is written, and the share to reach is 1/20 higher
 *
 * It is time when a quarter of the room was taken that was left at the last look, but at least
 * 1/LOOKS_MOST of the smallest limit; or when LOOK_MS have passed, because other processes in the
 * cgroup take memory as well.  So a look is rare, and no look comes later than 1/LOOKS_MOST of the
 * limit.  A process that never took that much does not look: it is not the one to ask, and a shell
 * script in a full container would else write a dump for each of its commands.
 *
 * Each of the two figures of memory_limits.h has a share of its own to reach, so that a program
 * which is given far more than it touches gets a dump then and another when it has touched it; a
 * dump for either counts for both.  The child of a fork goes on from its parent's shares.
 *
 * A thread for which it is time, too, waits until the dump is written: eight threads that fill the
 * memory would else be killed while the one that writes waits for a processor.  The one that writes
 * waits for no other.
 *
 * The thread is in the middle of a malloc, with its heap whole, perhaps inside the loader, in a
 * realloc inside jemalloc without its locks: the dump is written as one by signal is, which asks
 * nothing of either.  Signals are blocked meanwhile: a handler that never returns would leave the
 * dump's lock taken.
 */
#include "dump_at.h"
#include "big_stack.h"
#include "dump.h"
#include "fork_gate.h"
#include "heap_thread.h"
#include "huge.h"
#include "memory_limits.h"
#include "options.h"
#include "os.h"
#include "own_calls.h"
#include "purge_policy.h"
#include "sandbox.h"
#include "timeline.h"

#include <errno.h>

enum { LOOKS_MOST = 64, LOOK_MS = 1000, WAIT_MS = 1000, STEP = 20 };

static struct {
  atomic_flag busy;           /* a thread is looking, or writing the dump */
  _Atomic uint64_t taken;     /* bytes: blocks, and large objects, that all threads took */
  _Atomic uint64_t look_at;   /* the value of `taken`, or mapped bytes, at which to look again */
  _Atomic uint64_t least;     /* `taken` below this: no look at all */
  _Atomic uint32_t look_ms;   /* when the last look was */
  uint64_t charged, reserved; /* shares to be reached, in thousandths */
} at = {.busy = ATOMIC_FLAG_INIT};

static unsigned share_wanted(void) {
  unsigned percent = options_now()->dump_at_percent;
  return percent != 0 ? percent * (WHOLE_LIMIT / 100) : WHOLE_LIMIT;
}

/* What the program can touch without another request. */
static uint64_t held_bytes(void) {
  uint64_t bytes = purge_live_bytes() + huge_live_bytes();
  for (unsigned i = 0; i < heap_count(); i++)
    bytes += count_get(&heap_at(i)->carved_bytes);
  return bytes;
}

static bool by_size(void) { return options_now()->dump_at_bytes != 0; }

static void read_limits(struct memory_limits *m, size_t soon) {
  if (by_size())
    memory_limits_of_size(m, options_now()->dump_at_bytes, os_mapped_bytes());
  else
    memory_limits_read(m, share_wanted(), held_bytes(), soon, !sandbox_forbids_limits());
}

static bool is_due(uint64_t taken) {
  if (by_size())
    return os_mapped_bytes() >= at.look_at;
  if (taken < at.least)
    return false;
  return taken >= at.look_at || os_now_ms() - at.look_ms >= LOOK_MS;
}

/* Sets when to look again.  Without a limit only the time counts. */
static void schedule(const struct memory_limits *m, uint64_t taken) {
  uint64_t step = m->smallest / LOOKS_MOST;
  if (by_size()) {
    at.look_at = limit_bytes_at(at.reserved, m->smallest);
    return;
  }
  at.least = step;
  at.look_at = m->smallest == 0 ? UINT64_MAX : taken + (m->room / 4 > step ? m->room / 4 : step);
  at.look_ms = os_now_ms();
}

/* The figure that has reached its share; NULL if none has. */
static const struct limit_use *reached(const struct memory_limits *m) {
  if (limit_share(&m->charged) >= at.charged)
    return &m->charged;
  return limit_share(&m->reserved) >= at.reserved ? &m->reserved : NULL;
}

static uint64_t next_share(const struct limit_use *u, uint64_t wanted) {
  uint64_t next = limit_share(u) + limit_share(u) / STEP + 1;
  return next > wanted ? next : wanted;
}

static void write_dump(void *limits) {
  const struct memory_limits *m = limits;
  const struct limit_use *u = reached(m);
  timeline_event(DUMP_EVENT_LIMIT, u->limit);
  dump_write_at_limit(u, u == &m->reserved && m->reserved.bytes != m->charged.bytes);
}

static void look(uint64_t taken, size_t soon) {
  struct memory_limits m;
  read_limits(&m, soon);
  if (reached(&m) != NULL) {
    on_big_stack(write_dump, &m);
    at.charged = next_share(&m.charged, at.charged);
    at.reserved = next_share(&m.reserved, at.reserved);
  }
  schedule(&m, taken);
}

/* False if another thread is looking, or writing.  It may have looked since the caller found that
 * it is time.  The flag is taken with signals blocked, so that a handler that forks does not find
 * it taken by its own thread. */
static bool try_to_look(uint64_t taken, size_t soon) {
  uint64_t signals;
  os_signals_block(&signals);
  bool mine = !atomic_flag_test_and_set(&at.busy);
  if (mine) {
    if (soon != 0 || is_due(taken))
      look(taken, soon);
    atomic_flag_clear(&at.busy);
  }
  os_signals_restore(&signals);
  return mine;
}

static void look_or_wait(uint64_t taken, size_t soon) {
  int saved = errno;
  uint32_t since = os_now_ms();
  while (!try_to_look(taken, soon) && os_now_ms() - since < WAIT_MS)
    os_sleep_us(500);
  errno = saved;
}

/* A signal handler that interrupted jemalloc does not look. */
void dump_at_look(size_t bytes) {
  uint64_t taken = atomic_fetch_add_explicit(&at.taken, bytes, memory_order_relaxed) + bytes;
  if (unlikely(is_due(taken)) && !gate_is_inside())
    look_or_wait(taken, 0);
}

/* These bytes count as taken when the request is over; here they are what is touched soon.  The
 * room of the last look says whether that can matter. */
static void on_growth(size_t bytes) {
  uint64_t taken = count_get(&at.taken) + bytes;
  if (!by_size() && taken >= at.least && taken >= at.look_at)
    look_or_wait(count_get(&at.taken), bytes);
}

void dump_at_setup(void) {
  struct memory_limits m;
  at.charged = at.reserved = share_wanted();
  memory_limits_setup();
  read_limits(&m, 0);
  schedule(&m, 0);
  own_growth_hook = on_growth;
}

void dump_at_fork_child(void) { atomic_flag_clear(&at.busy); }
