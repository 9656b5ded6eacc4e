/* Idle extents of huge objects; policy and contract in huge_pages.h. */
#include "huge_pages.h"
#include "jemalloc.h"
#include "os.h"

enum { WINDOW_MS = 100, FEW_BYTES = 8 << 20, PEAK_SHARE = 16 };

static struct extent idle[HUGE_IDLE_MOST];
static unsigned extents;
static unsigned first = HUGE_IDLE_MOST; /* has been idle longest; HUGE_IDLE_MOST: not known */
static _Atomic uint64_t live_bytes, idle_bytes;
static uint64_t most;   /* highest live_bytes so far */
static uint64_t handed; /* bytes handed out since the kernel was asked (is_touched) */
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
  handed += bytes > 0 ? (uint64_t)bytes : 0;
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
  if (first == i)
    first = HUGE_IDLE_MOST;
  else if (first == extents)
    first = i;
  count_add(&idle_bytes, -(uint64_t)p.bytes);
  return p;
}

/* ---- to objects ---- */

/* The smallest extent of at least that size, else the largest.  A size is a multiple of PAGE_BYTES,
 * so that an index fits beside it: this way the loops have no branch that depends on sizes. */
static_assert((unsigned)HUGE_IDLE_MOST <= PAGE_BYTES, "an index fits");
static unsigned best_for(size_t bytes) {
  size_t least = SIZE_MAX, most_of = 0;
  for (unsigned i = 0; i < extents; i++) {
    size_t beyond = (idle[i].bytes - bytes) | i; /* too small: huge */
    least = beyond < least ? beyond : least;
  }
  if (least <= PTRDIFF_MAX)
    return least % PAGE_BYTES;
  for (unsigned i = 0; i < extents; i++)
    most_of = (idle[i].bytes | i) > most_of ? idle[i].bytes | i : most_of;
  return most_of % PAGE_BYTES;
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
  if (first < extents)
    return first;
  first = 0;
  for (unsigned i = 1; i < extents; i++)
    if (now - idle[i].idle_ms > now - idle[first].idle_ms)
      first = i;
  return first;
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

/* Can more than half of the highest live be resident?  If not, most pages were never touched.  What
 * the process had at its own peak was asked when `handed` was 0, and since then no pages were
 * touched but those that were handed out. */
static bool is_touched(void) {
  static uint64_t resident;
  if (resident <= most / 2 && resident + handed > most / 2) {
    resident = os_peak_resident_bytes();
    handed = 0;
  }
  return resident > most / 2;
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

static bool is_too_much(uint32_t now) {
  uint64_t total = pages_live_bytes() + pages_idle_bytes();
  if (total > 2 * most)
    return true;
  bool above = total > most + most / PEAK_SHARE;
  return (above || is_mostly_idle()) && is_touched() &&
         (above || has_budget(idle[oldest(now)].bytes, now));
}

bool pages_take_excess(struct extent *p, bool all) {
  if (extents == 0)
    return false;
  uint32_t now = os_now_ms();
  if (!all && extents < HUGE_IDLE_MOST && !is_old(now) && !is_too_much(now))
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
