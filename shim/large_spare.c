/* Purging jemalloc's unused pages; why and when stands in large_spare.h. */
#include "large_spare.h"
#include "../arena/os.h"
#include "gate.h"
#include "large.h"
#include "shelf.h"

#include <errno.h>
#include <sys/types.h>

enum { DECAY_MS = 500, LOOK_MS = 100, LOOK_BYTES = 8 << 20, SMALL_PROCESS = 16 << 20 };

/* What jemalloc is told before it reads the user's MALLOC_CONF, which still wins.  No brk: the
 * program break belongs to the program. */
hidden const char *jep_malloc_conf = "dss:disabled,oversize_threshold:0,dirty_decay_ms:500";
static_assert(DECAY_MS == 500, "as in the text above");

static struct {
  _Atomic bool known; /* whether it is ours: */
  _Atomic bool ours;  /* the user has not said otherwise */
  atomic_flag busy;
  _Atomic uint64_t asked;   /* bytes, ever */
  _Atomic uint64_t look_at; /* value of asked at which to look at pages */
  _Atomic uint32_t looked_ms;
} spare = {.busy = ATOMIC_FLAG_INIT};

static ssize_t number(const char *name) {
  ssize_t value = -1;
  size_t bytes = sizeof value;
  jep_mallctl(name, &value, &bytes, NULL, 0);
  return value;
}

static bool enter(struct heap *h) { return h->outside == 0 && gate_try(h); }

static void setup(void) {
  shelf_setup();
  if (number("opt.oversize_threshold") != 0 || number("opt.dirty_decay_ms") != DECAY_MS)
    return;
  /* jemalloc 5.3 makes its first arena before it reads that option. */
  size_t never = (size_t)PTRDIFF_MAX;
  jep_mallctl("arena.0.oversize_threshold", NULL, NULL, &never, sizeof never);
  spare.ours = true;
}

bool large_spare_setup(struct heap *h) {
  if (likely(spare.known) || !enter(h))
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

/* Pages may be dirty that nobody ever touched: a small process has few others, and is left alone.
 */
static void limit_pages(uint64_t asked) {
  uint64_t epoch = 1;
  jep_mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
  size_t share = (size_t)number("stats.arenas.4096.pactive") * PAGE_BYTES / 3;
  size_t dirty = (size_t)number("stats.arenas.4096.pdirty") * PAGE_BYTES;
  if (dirty > share && os_peak_resident_bytes() > SMALL_PROCESS)
    jep_mallctl("arena.4096.purge", NULL, NULL, NULL, 0);
  atomic_store(&spare.look_at, asked + (share * 2 > LOOK_BYTES ? share * 2 : LOOK_BYTES));
}

static void look(uint64_t asked, uint32_t now) {
  atomic_store(&spare.looked_ms, now);
  if (asked >= atomic_load(&spare.look_at))
    limit_pages(asked);
  else
    jep_mallctl("arena.4096.decay", NULL, NULL, NULL, 0); /* 4096: MALLCTL_ARENAS_ALL */
}

bool large_spare_drop(size_t bytes) {
  uint64_t before = os_released_bytes();
  if (spare.ours && bytes <= PTRDIFF_MAX)
    large_purge();
  return os_released_bytes() != before;
}

void large_spare_forget(void) { atomic_flag_clear(&spare.busy); }

void large_spare_look(struct heap *h, size_t bytes) {
  if (!spare.ours)
    return;
  uint64_t asked = atomic_fetch_add_explicit(&spare.asked, bytes, memory_order_relaxed) + bytes;
  uint32_t now = os_now_ms();
  if (asked < atomic_load(&spare.look_at) && now - atomic_load(&spare.looked_ms) < LOOK_MS)
    return;
  int saved = errno;
  if (enter(h)) {
    if (!atomic_flag_test_and_set(&spare.busy)) {
      look(asked, now);
      atomic_flag_clear(&spare.busy);
    }
    gate_leave(h);
  }
  errno = saved;
}
