/* Claims on heaps.  Contract: heap_thread.h. */
#include "heap_thread.h"
#include "heap_collect.h"
#include "check.h"
#include "heap_list.h"
#include "heap_memory.h"
#include "heap_valid.h"
#include "heap_visit.h"
#include "os.h"

void (*heap_thread_started)(void);
bool (*heap_opened)(struct heap *);

/* In a claim: the heap serves no request, it is being read or trimmed. */
#define NOT_SERVING UINT32_C(0x80000000)

/* Idle heaps looked at for memory that can go back, each time. */
enum { LOOK_HEAPS = 32 };

static _Atomic uint32_t claims[HEAPS_MAX];
static _Atomic unsigned made;

/* A bit for each heap, so that a thread finds an idle one among ten thousand at once.  A heap that
 * no thread has claimed has its bit set.  The bit of a claimed heap may be set or not: a thread
 * clears it before it tries to claim, and whoever removes a claim sets it. */
static _Atomic uint64_t idle[HEAPS_MAX / 64];

/* Those whose cells have tags; nobody looks at it in a process in which all have. */
static _Atomic uint64_t with_tags[HEAPS_MAX / 64];

unsigned heap_count(void) { return atomic_load_explicit(&made, memory_order_acquire); }

uint32_t heap_thread(unsigned number) {
  return atomic_load_explicit(&claims[number], memory_order_relaxed);
}

static bool claim(unsigned number, uint32_t thread) {
  uint32_t nobody = 0;
  return heap_thread(number) == 0 &&
         atomic_compare_exchange_strong(&claims[number], &nobody, thread);
}

/* Removes a claim: the heap is idle. */
static void unclaim(unsigned number) {
  atomic_store_explicit(&claims[number], 0, memory_order_release);
  atomic_fetch_or(&idle[number / 64], UINT64_C(1) << number % 64);
}

/* Idle heaps whose cells have tags, or have none, in that word of the table. */
static uint64_t idle_bits(unsigned w, bool tagged) {
  uint64_t bits = atomic_load_explicit(&idle[w], memory_order_relaxed);
  uint64_t with = atomic_load_explicit(&with_tags[w], memory_order_relaxed);
  return bits & (tagged ? with : ~with);
}

/* Claims an idle heap, one with a low number first; NULL if there is none. */
static struct heap *claim_idle(uint32_t thread, bool tagged) {
  for (unsigned w = 0; w * 64 < heap_count(); w++) {
    uint64_t bits;
    while ((bits = idle_bits(w, tagged)) != 0) {
      uint64_t bit = bits & -bits;
      unsigned number = w * 64 + (unsigned)__builtin_ctzll(bits);
      if ((atomic_fetch_and(&idle[w], ~bit) & bit) != 0 && claim(number, thread))
        return heap_at(number);
    }
  }
  return NULL;
}

void heap_claim_idle(void) {
  heap_visits_stop();
  uint32_t holder = os_thread_id() | NOT_SERVING;
  for (unsigned i = 0; i < heap_count(); i++)
    claim(i, holder);
}

bool heap_is_claimed(const struct heap *h) { return heap_is_claimed_by(h, os_thread_id()); }

bool heap_is_claimed_by(const struct heap *h, uint32_t thread) {
  return heap_thread(heap_number(h)) == (thread | NOT_SERVING);
}

void heap_release_idle(void) {
  uint32_t holder = os_thread_id() | NOT_SERVING;
  for (unsigned i = 0; i < heap_count(); i++)
    if (heap_thread(i) == holder)
      unclaim(i);
  heap_visits_go_on();
}

static struct heap *make(uint32_t thread, bool tagged) {
  if (!range_growth_enter())
    return NULL;
  unsigned i = heap_count();
  uintptr_t bytes = (i + 1) * (uintptr_t)HEAP_BYTES;
  bool room =
      i < HEAPS_MAX && range_commit(SECTION_HEAPS, bytes) && range_commit(SECTION_COUNTS, bytes);
  if (room) {
    heap_at(i)->tagged = tagged;
    counts_of(heap_at(i))->tagged = tagged;
    if (tagged)
      atomic_fetch_or(&with_tags[i / 64], UINT64_C(1) << i % 64);
    atomic_store(&claims[i], thread);
    atomic_store_explicit(&made, i + 1, memory_order_release);
  }
  range_growth_leave(room);
  return room ? heap_at(i) : NULL;
}

static bool is_open(struct heap *h) { return heap_opened == NULL || heap_opened(h); }

void heap_lend_back(struct heap *h) { unclaim(heap_number(h)); }

static struct heap *claim_any(bool tagged) {
  if (range.base == 0) /* the range is not set up: too early, or the system refused */
    return NULL;
  uint32_t thread = os_thread_id();
  struct heap *h = claim_idle(thread, tagged);
  if (h == NULL)
    h = make(thread, tagged);
  if (h == NULL || likely(is_open(h)))
    return h;
  heap_lend_back(h);
  return NULL;
}

static struct heap *acquire(bool tagged) {
  struct heap *h = claim_any(tagged);
  if (h == NULL)
    return NULL;
  budget_begin(h);
  heap_note_awake(h, os_now_ms());
  counts_of(h)->threads++;
  counts_of(h)->thread = heap_thread(heap_number(h));
  counts_of(h)->pointer = cpu_thread();
  h->named = false;
  return h;
}

struct heap *heap_acquire_tagged(void) {
  return acquire(true);
}

struct heap *heap_acquire(void) {
  struct heap *h = acquire(range.tagged);
  if (h == NULL)
    return NULL;
  heap_tagged_self = h;
  heap_self = range.tagged ? (struct heap *)&heap_tagged : h;
  if (heap_thread_started != NULL)
    heap_thread_started();
  return heap_mine();
}

/* Signals are blocked while a thread works in a borrowed heap: if a handler forked here, the child
 * would rebuild that heap and then return into code that is halfway through changing it. */
struct heap *heap_borrow(bool tagged, uint64_t *signals) {
  os_signals_block(signals);
  struct heap *h = claim_any(tagged);
  if (h == NULL)
    os_signals_restore(signals);
  return h;
}

void heap_return(struct heap *h, const uint64_t *signals) {
  heap_lend_back(h);
  os_signals_restore(signals);
}

static void trim(struct heap *h) {
  heap_collect(h);
  heap_put_lists_back(h);
  heap_give_back(h, os_now_ms(), true);
  debug(heap_is_valid(h));
}

/* Collects mail and gives back what may go, at the end of the thread that had h.  While there is
 * room in the budget its lists stay, but for those with cells of several slabs.  Signals are
 * blocked as in heap_borrow, because heap_self does not point to h any more. */
static void trim_ended(struct heap *h) {
  bool kept = budget_end(h);
  if (kept && !inbox_waiting(&h->inbox) && !h->spread && h->dirty.first == NULL)
    return; /* saves two system calls */
  uint64_t signals;
  os_signals_block(&signals);
  if (kept) {
    heap_collect(h);
    list_release_slabs(h);
    heap_give_back(h, os_now_ms(), false);
  } else {
    trim(h);
    budget_trimmed(h);
  }
  os_signals_restore(&signals);
}

static void leave(struct heap *h) {
  h->beside = NULL;
  trim_ended(h);
  debug(heap_is_valid(h));
  if (!h->named)
    os_thread_name(counts_of(h)->name);
  counts_of(h)->thread = 0;
  heap_lend_back(h);
}

void heap_thread_ended(void) {
  struct heap *h = heap_mine(), *beside = h != NULL ? h->beside : NULL;
  heap_self = (struct heap *)&heap_over;
  heap_tagged_self = NULL; /* from now on this thread frees as one without a heap */
  if (h == NULL)
    return;
  leave(h);
  if (beside != NULL)
    leave(beside);
  heap_visit_some();
}

/* Trims a heap that no thread has, if it can be claimed.  Signals are blocked as in heap_borrow. */
static void trim_idle(unsigned number) {
  uint64_t signals;
  if (os_forbids(OS_MASKS))
    return;
  os_signals_block(&signals);
  if (claim(number, os_thread_id() | NOT_SERVING)) {
    trim(heap_at(number));
    heap_forget_missed(heap_at(number));
    budget_trimmed(heap_at(number));
    unclaim(number);
  }
  os_signals_restore(&signals);
}

/* Trims an idle heap that has mail, or with `old` only if no thread has had it for long, and then
 * also if it has memory in the budget. */
static void look_at_idle(unsigned number, bool old) {
  struct heap *h = heap_at(number);
  if ((inbox_waiting(&h->inbox) || (old && count_get(&h->idle_bytes) != 0)) &&
      (!old || budget_is_old(h)))
    trim_idle(number);
}

/* Looks at the next few idle heaps, from where the last look ended.  Not at all of them: to read
 * one word of each of ten thousand heaps takes a millisecond. */
static void look_at_some(bool old) {
  static _Atomic unsigned next;
  unsigned words = (heap_count() + 63) / 64, looked = 0;
  unsigned at = atomic_load_explicit(&next, memory_order_relaxed);
  for (unsigned i = 0; i < words && looked < LOOK_HEAPS; i++) {
    at = at + 1 < words ? at + 1 : 0;
    for (uint64_t bits = atomic_load_explicit(&idle[at], memory_order_relaxed); bits != 0;
         bits &= bits - 1, looked++)
      look_at_idle(at * 64 + (unsigned)__builtin_ctzll(bits), old);
  }
  atomic_store_explicit(&next, at, memory_order_relaxed);
}

void heap_collect_idle(void) { look_at_some(false); }

void heap_trim_old(void) {
  if (unlikely((int)heap_count() > budget_running()) && budget_look_is_due())
    look_at_some(true);
}

void heap_look_at_others(void) {
  heap_trim_old();
  heap_visit_some();
}

void heap_trim(void) {
  if (heap_mine() != NULL)
    trim(heap_mine());
  if (heap_mine() != NULL && heap_mine()->beside != NULL)
    trim(heap_mine()->beside);
  for (unsigned i = 0; i < heap_count(); i++)
    if (heap_thread(i) == 0)
      trim_idle(i);
  heap_visit_all();
  if (heap_mine() != NULL)
    block_trim_rows(heap_mine());
}

void heap_claims_reset(uint32_t before) {
  uint32_t now = os_thread_id();
  for (unsigned i = 0; i < heap_count(); i++) {
    bool mine = heap_thread(i) == before;
    atomic_store(&claims[i], mine ? now : 0);
    if (!mine)
      unclaim(i);
  }
}
