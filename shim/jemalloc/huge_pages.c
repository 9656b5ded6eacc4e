/* Idle extents of huge objects; policy and contract in huge_pages.h. */
#include "huge_pages.h"
#include "jemalloc.h"
#include "os.h"

enum { WINDOW_MS = 100, FEW_BYTES = 8 << 20, PEAK_SHARE = 16 };

static struct extent idle[HUGE_IDLE_MOST];
static unsigned extents;
static _Atomic uint64_t live_bytes, idle_bytes;
static uint64_t most; /* highest live_bytes so far */
static _Atomic uint32_t mappings;

/* Bytes that went back within WINDOW_MS because most were idle. */
static struct {
  uint32_t start_ms;
  uint64_t bytes;
} window;

uint64_t pages_live_bytes(void) { return count_get(&live_bytes); }
uint64_t pages_idle_bytes(void) { return count_get(&idle_bytes); }

bool pages_around(const void *p) {
  for (unsigned i = 0; i < extents; i++)
    if ((uintptr_t)p - (uintptr_t)idle[i].start < idle[i].bytes)
      return true;
  return false;
}

bool pages_idle_run(uintptr_t at, uintptr_t *until) {
  bool is_idle = false;
  for (unsigned i = 0; i < extents; i++) {
    uintptr_t start = (uintptr_t)idle[i].start, end = start + idle[i].bytes;
    if (at - start < idle[i].bytes) {
      is_idle = true;
      *until = end < *until ? end : *until;
    } else if (start > at && start < *until) {
      *until = start;
    }
  }
  return is_idle;
}

const struct extent *pages_idle_list(const unsigned **count) {
  *count = &extents;
  return idle;
}

void pages_count(int64_t bytes) {
  count_add(&live_bytes, (uint64_t)bytes);
  if (pages_live_bytes() > most)
    most = pages_live_bytes();
}

static void add_idle(struct extent p) {
  idle[extents++] = p;
  count_add(&idle_bytes, p.bytes);
}

static struct extent remove_idle(unsigned i) {
  struct extent p = idle[i];
  idle[i] = idle[--extents];
  count_add(&idle_bytes, -(uint64_t)p.bytes);
  return p;
}

/* ---- to objects ---- */

/* The smallest extent of at least that size, else the largest. */
static unsigned best_for(size_t bytes) {
  unsigned best = 0;
  for (unsigned i = 1; i < extents; i++) {
    bool fits = idle[i].bytes >= bytes, smaller = idle[i].bytes < idle[best].bytes;
    if (idle[best].bytes >= bytes ? fits && smaller : !smaller)
      best = i;
  }
  return best;
}

/* Leaves `bytes` of p and returns the rest. */
static struct extent cut(struct extent *p, size_t bytes) {
  struct extent rest = *p;
  rest.start += bytes;
  rest.bytes -= bytes;
  p->bytes = bytes;
  return rest;
}

struct extent pages_take(size_t bytes) {
  if (extents == 0)
    return (struct extent){0};
  struct extent p = remove_idle(best_for(bytes));
  if (p.bytes >= bytes + HUGE_CUT_LEAST)
    add_idle(cut(&p, bytes));
  pages_count((int64_t)p.bytes);
  return p;
}

bool pages_extend(struct extent *p, size_t bytes) {
  for (unsigned i = 0; i < extents; i++)
    if (idle[i].start == p->start + p->bytes && idle[i].mapping == p->mapping) {
      if (idle[i].bytes < bytes)
        return false;
      struct extent next = remove_idle(i);
      if (next.bytes >= bytes + HUGE_CUT_LEAST)
        add_idle(cut(&next, bytes));
      p->bytes += next.bytes;
      pages_count((int64_t)next.bytes);
      return true;
    }
  return false;
}

/* ---- from objects ---- */

/* Joins p and an idle extent that touches it; false if there is none. */
static bool join_one(struct extent *p) {
  for (unsigned i = 0; i < extents; i++) {
    bool before = idle[i].start + idle[i].bytes == p->start;
    if (idle[i].mapping != p->mapping || (!before && p->start + p->bytes != idle[i].start))
      continue;
    struct extent other = remove_idle(i);
    p->start = before ? other.start : p->start;
    p->bytes += other.bytes;
    p->idle_ms = other.idle_ms;
    return true;
  }
  return false;
}

void pages_give(struct extent p) {
  pages_count(-(int64_t)p.bytes);
  p.idle_ms = os_now_ms();
  while (join_one(&p))
    ;
  add_idle(p);
}

/* ---- to the system ---- */

/* The extent that has been idle longest. */
static unsigned oldest(uint32_t now) {
  unsigned found = 0;
  for (unsigned i = 1; i < extents; i++)
    if (now - idle[i].idle_ms > now - idle[found].idle_ms)
      found = i;
  return found;
}

static bool has_budget(size_t bytes, uint32_t now) {
  if (now - window.start_ms >= WINDOW_MS) {
    window.start_ms = now;
    window.bytes = 0;
  }
  if (window.bytes + bytes > most)
    return false;
  window.bytes += bytes;
  return true;
}

/* The kernel is asked what is resident again when a PEAK_SHAREth more was mapped. */
static bool is_above_peak(uint64_t total) {
  static uint64_t asked_at;
  if (total <= most + most / PEAK_SHARE)
    return false;
  if (total > 2 * most)
    return true;
  if (total <= asked_at)
    return false;
  asked_at = os_peak_resident_bytes() > most / 2 ? 0 : total + most / PEAK_SHARE;
  return asked_at == 0;
}

static bool is_mostly_idle(void) {
  return pages_idle_bytes() > pages_live_bytes() && pages_idle_bytes() > FEW_BYTES;
}

/* Has an extent been idle for long?  Looked at now and then. */
static bool is_old(uint32_t now) {
  static uint32_t looked_ms;
  if (now - looked_ms < DECAY_MS / 8)
    return false;
  if (now - idle[oldest(now)].idle_ms >= DECAY_MS)
    return true;
  looked_ms = now;
  return false;
}

bool pages_take_excess(struct extent *p, bool all) {
  if (extents == 0)
    return false;
  uint32_t now = os_now_ms();
  if (!all && extents < HUGE_IDLE_MOST && !is_above_peak(pages_live_bytes() + pages_idle_bytes()) &&
      !is_old(now) && !(is_mostly_idle() && has_budget(idle[oldest(now)].bytes, now)))
    return false;
  *p = remove_idle(oldest(now));
  return true;
}

static uint32_t new_mapping(void) { return atomic_fetch_add(&mappings, 1) + 1; }

bool pages_map(struct extent *p, size_t bytes) {
  char *start = p->start == NULL ? os_map(bytes) : os_remap(p->start, p->bytes, bytes);
  if (start == NULL)
    return false;
  if (start != p->start)
    p->mapping = new_mapping();
  p->start = start;
  p->bytes = bytes;
  return true;
}

void pages_unmap(struct extent p) { os_unmap(p.start, p.bytes); }
