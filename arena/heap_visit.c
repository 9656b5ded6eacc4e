/* Visits to the heaps of threads that sleep.  Idea and contract: heap_visit.h. */
#include "heap_visit.h"
#include "check.h"
#include "heap_list.h"
#include "heap_memory.h"
#include "os.h"

enum { SLAB_PAGES = SLAB_BYTES / PAGE_BYTES, ALL_PAGES = (1 << SLAB_PAGES) - 1 };

/* Ticks of one thread between two times that it asks whether a look is due. */
enum { VISIT_TICKS = 16 };

/* How long a fork waits for the visitor: 20,000 sleeps, as in range.c; or if a sandbox may forbid
 * them, as many turns of a loop. */
enum { STOP_SPINS = 200, STOP_SLEEP_US = 50, STOP_TRIES = STOP_SPINS + 20000 };

/* Who visits: VISITING while a thread does, and VISITS_STOPPED for each thread between
 * heap_visits_stop and heap_visits_go_on. */
enum { VISITING = 1, VISITS_STOPPED = 2 };
static _Atomic uint32_t visits;

static _Atomic uint32_t look_ms; /* when a look was last begun */

/* The visitor's. */
static struct {
  size_t hand;            /* number of the block at which the next look begins */
  struct cell_set mailed; /* the slab's mail when it was read */
  struct cell_set held;   /* what was taken out of it */
} visitor;

/* ---- one thread at a time ---- */

static bool begin(uint64_t *signals) {
  uint32_t nobody = 0;
  if (os_forbids(OS_MASKS))
    return false;
  os_signals_block(signals);
  if (atomic_compare_exchange_strong_explicit(&visits, &nobody, VISITING, memory_order_acquire,
                                              memory_order_relaxed))
    return true;
  os_signals_restore(signals);
  return false;
}

static void end(const uint64_t *signals) {
  atomic_fetch_and_explicit(&visits, ~(uint32_t)VISITING, memory_order_release);
  os_signals_restore(signals);
}

void heap_visits_stop(void) {
  atomic_fetch_add_explicit(&visits, VISITS_STOPPED, memory_order_acquire);
  for (unsigned tries = 0; tries < STOP_TRIES; tries++) {
    if ((atomic_load_explicit(&visits, memory_order_acquire) & VISITING) == 0)
      return;
    if (tries < STOP_SPINS || os_forbids(OS_FIGURES))
      cpu_relax();
    else
      os_sleep_us(STOP_SLEEP_US);
  }
}

/* Not below 0: the child of a fork begins at 0, also if it was forked between the two. */
void heap_visits_go_on(void) {
  uint32_t old = atomic_load_explicit(&visits, memory_order_relaxed);
  while (old >= VISITS_STOPPED &&
         !atomic_compare_exchange_weak_explicit(&visits, &old, old - VISITS_STOPPED,
                                                memory_order_release, memory_order_relaxed))
    ;
}

/* ---- cells in the mail ---- */

/* Are the cells first..last all in the set? */
static bool has_cells(const struct cell_set *set, unsigned first, unsigned last) {
  for (unsigned end = last + 1, n; first < end; first += n) {
    n = 64 - first % 64 < end - first ? 64 - first % 64 : end - first;
    uint64_t bits = (~UINT64_C(0) >> (64 - n)) << first % 64;
    if ((set->bits[first / 64] & bits) != bits)
      return false;
  }
  return true;
}

/* The pages, a bit each, of which every cell of class c is in the set, those that begin or end in
 * another page too. */
static unsigned pages_of(const struct cell_set *set, unsigned c) {
  size_t size = class_bytes(c), last = SLAB_BYTES / size - 1;
  unsigned pages = 0;
  for (size_t i = 0; i < SLAB_PAGES; i++) {
    size_t from = i * PAGE_BYTES / size, to = ((i + 1) * PAGE_BYTES - 1) / size;
    if (has_cells(set, (unsigned)from, (unsigned)(to < last ? to : last)))
      pages |= 1U << i;
  }
  return pages;
}

static void remove_cell(struct cell_set *set, bool last) {
  for (unsigned i = 0; i < MAIL_WORDS; i++) {
    uint64_t *bits = &set->bits[last ? MAIL_WORDS - 1 - i : i];
    if (*bits == 0)
      continue;
    *bits &= last ? ~(UINT64_C(1) << (63 - __builtin_clzll(*bits))) : *bits - 1;
    return;
  }
}

static unsigned pages_to_purge(const struct slab *s, const struct cell_set *set, unsigned c) {
  return pages_of(set, c) &
         ~(unsigned)atomic_load_explicit(&mail_of(s)->purged, memory_order_relaxed);
}

/* Its class, which may change. */
__attribute__((no_sanitize("thread"))) static unsigned class_now(const struct slab *s) {
  return *(const volatile uint8_t *)&s->class;
}

/* Could pages go if all cells but one were taken out of the mail?  The slab may change meanwhile;
 * then the answer may be wrong. */
static bool is_worth_it(const struct slab *s, bool last_stays) {
  unsigned c = class_now(s);
  if (c == 0 || c > CLASSES)
    return false;
  visitor.mailed = (struct cell_set){0};
  for (uint64_t words = mail_words(s); words != 0; words &= words - 1) {
    unsigned w = (unsigned)__builtin_ctzll(words);
    visitor.mailed.bits[w] = mail_word(s, w);
  }
  remove_cell(&visitor.mailed, last_stays);
  return pages_to_purge(s, &visitor.mailed, c) != 0;
}

static void purge_pages(struct slab *s, unsigned pages) {
  atomic_fetch_or_explicit(&mail_of(s)->purged, (uint16_t)pages, memory_order_relaxed);
  while (pages != 0) {
    unsigned first = (unsigned)__builtin_ctz(pages),
             count = (unsigned)__builtin_ctz(~(pages >> first));
    os_purge(slab_memory(s) + first * PAGE_BYTES, count * (size_t)PAGE_BYTES);
    pages &= ~(((1U << count) - 1) << first);
  }
}

/* Purges the pages of cells that can be taken out of the mail; true if there were any.  Until the
 * cells are back the slab is as it is. */
static bool purge_mailed(struct slab *s, bool last_stays) {
  if (!is_worth_it(s, last_stays) || !mail_hold(s, last_stays, &visitor.held))
    return false;
  unsigned pages = pages_to_purge(s, &visitor.held, s->class);
  purge_pages(s, pages);
  check(mail_put_held(s, &s->owner->inbox, &visitor.held),
        "heap corrupted: an object was freed twice");
  return pages != 0;
}

/* Twice, because one cell stays in the mail each time. */
static bool visit_mail(struct slab *s) {
  if (mail_words(s) == 0 ||
      atomic_load_explicit(&mail_of(s)->purged, memory_order_relaxed) == ALL_PAGES)
    return false;
  bool found = purge_mailed(s, false);
  return purge_mailed(s, true) || found;
}

/* ---- the look ---- */

/* Purges what can go; true if there was something. */
static bool visit_slab(struct slab *s, uint32_t age, uint32_t now) {
  if (slab_borrow(s, age, now)) {
    heap_purge_empty(s);
    slab_return(s, now);
    return true;
  }
  return visit_mail(s);
}

static bool is_asleep(struct heap *h, uint32_t age, uint32_t now) {
  uint32_t seen = atomic_load_explicit(&h->inbox.seen_ms, memory_order_relaxed);
  return (int32_t)(now - seen) >= (int32_t)age;
}

/* Visits the block with that number, if its owner sleeps and is not this thread, which may just
 * have woken up.  Returns the number of slabs that were looked at; adds to *found how many of them
 * gave memory back. */
static unsigned visit_block(size_t number, uint32_t age, uint32_t now, unsigned *found) {
  struct heap *owner = atomic_load_explicit(&block_at(number)->owner, memory_order_acquire);
  if (owner == NULL || heap_is_mine(owner) || !is_asleep(owner, age, now))
    return 0;
  unsigned slabs = 1U << (range.block_shift - SLAB_SHIFT);
  struct slab *s = slab_at((uintptr_t)number << range.block_shift);
  for (unsigned i = 0; i < slabs; i++)
    *found += visit_slab(s + i, age, now);
  return slabs;
}

/* Blocks whose rows can be read: those that were mapped before the span was written. */
static size_t blocks_now(void) {
  return __atomic_load_n(&range.span, __ATOMIC_ACQUIRE) >> range.block_shift;
}

static bool look(uint32_t now) {
  size_t blocks = blocks_now(), left = blocks;
  unsigned cost = 0, found = 0;
  for (; cost + found * VISIT_COST_PURGE < VISIT_COST && left > 0; left--) {
    visitor.hand = visitor.hand + 1 < blocks ? visitor.hand + 1 : 0;
    cost += 1 + visit_block(visitor.hand, EMPTY_DELAY_MS, now, &found);
  }
  return found > 0;
}

/* True for one thread in VISIT_LOOK_MS. */
static bool is_due(uint32_t now) {
  uint32_t last = atomic_load_explicit(&look_ms, memory_order_relaxed);
  return now - last >= VISIT_LOOK_MS &&
         atomic_compare_exchange_strong_explicit(&look_ms, &last, now, memory_order_relaxed,
                                                 memory_order_relaxed);
}

void heap_visit_some(void) {
  uint32_t now = os_now_ms();
  uint64_t signals;
  if (!is_due(now) || !begin(&signals))
    return;
  bool found = look(now);
  if (found)
    atomic_store_explicit(&look_ms, now - VISIT_LOOK_MS, memory_order_relaxed);
  int32_t recycles = found ? RECYCLES_HURRY : RECYCLES_MAX;
  atomic_store_explicit(&list_recycles_most, recycles, memory_order_relaxed);
  end(&signals);
}

void heap_visit_tick(void) {
  static __thread unsigned ticks __attribute__((tls_model("initial-exec")));
  if (++ticks % VISIT_TICKS == 0)
    heap_visit_some();
}

void heap_visit_all(void) {
  uint32_t now = os_now_ms();
  uint64_t signals;
  unsigned found = 0;
  if (!begin(&signals))
    return;
  for (size_t i = 0, blocks = blocks_now(); i < blocks; i++)
    visit_block(i, 0, now, &found);
  end(&signals);
}

/* ---- forks ---- */

void heap_visits_fork_child(const struct heap *mine) {
  atomic_store(&visits, 0);
  atomic_store(&list_recycles_most, RECYCLES_MAX);
  for (; mine != NULL; mine = mine != heap_mine() ? NULL : mine->beside)
    for (struct slab *s = mine->dirty.first; s != NULL; s = s->next)
      if (atomic_load(&s->idle) == IDLE_BORROWED)
        slab_lend(s, os_now_ms());
}
