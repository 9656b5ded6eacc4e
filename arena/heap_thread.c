/* Claims on heaps.  Contract: heap_thread.h. */
#include "heap_thread.h"
#include "heap_collect.h"
#include "check.h"
#include "heap_list.h"
#include "heap_memory.h"
#include "heap_valid.h"
#include "os.h"

void (*heap_thread_started)(void);
bool (*heap_opened)(struct heap *);

/* In a claim: the heap serves no request, it is being read or trimmed. */
#define NOT_SERVING UINT32_C(0x80000000)

static _Atomic uint32_t claims[HEAPS_MAX];
static _Atomic unsigned made;

unsigned heap_count(void) { return atomic_load_explicit(&made, memory_order_acquire); }

uint32_t heap_thread(unsigned number) {
  return atomic_load_explicit(&claims[number], memory_order_relaxed);
}

static bool claim(unsigned number, uint32_t thread) {
  uint32_t nobody = 0;
  return heap_thread(number) == 0 &&
         atomic_compare_exchange_strong(&claims[number], &nobody, thread);
}

static struct heap *claim_idle(unsigned from, uint32_t thread) {
  unsigned count = heap_count();
  for (unsigned i = from; i < count; i++)
    if (claim(i, thread))
      return heap_at(i);
  return NULL;
}

void heap_hold_idle(void) {
  uint32_t holder = os_thread_id() | NOT_SERVING;
  for (struct heap *h = claim_idle(0, holder); h != NULL;)
    h = claim_idle(heap_number(h) + 1, holder);
}

bool heap_is_held(const struct heap *h) {
  return heap_thread(heap_number(h)) == (os_thread_id() | NOT_SERVING);
}

void heap_let_go(void) {
  uint32_t holder = os_thread_id() | NOT_SERVING;
  for (unsigned i = 0; i < heap_count(); i++)
    if (heap_thread(i) == holder)
      atomic_store_explicit(&claims[i], 0, memory_order_release);
}

static struct heap *make(uint32_t thread) {
  if (!range_growth_enter())
    return NULL;
  unsigned i = heap_count();
  bool room = i < HEAPS_MAX && range_commit(SECTION_HEAPS, (i + 1) * (uintptr_t)HEAP_BYTES);
  if (room) {
    atomic_store(&claims[i], thread);
    atomic_store_explicit(&made, i + 1, memory_order_release);
  }
  range_growth_leave(room);
  return room ? heap_at(i) : NULL;
}

static bool is_open(struct heap *h) { return heap_opened == NULL || heap_opened(h); }

void heap_lend_back(struct heap *h) {
  atomic_store_explicit(&claims[heap_number(h)], 0, memory_order_release);
}

static struct heap *claim_any(void) {
  if (range.base == 0) /* the range is not set up: too early, or the system refused */
    return NULL;
  uint32_t thread = os_thread_id();
  struct heap *h = claim_idle(0, thread);
  if (h == NULL)
    h = make(thread);
  if (h == NULL || likely(is_open(h)))
    return h;
  heap_lend_back(h);
  return NULL;
}

struct heap *heap_acquire(void) {
  struct heap *h = claim_any();
  if (h == NULL)
    return NULL;
  h->threads++;
  h->named = false;
  h->straight = false;
  heap_tagged_self = h;
  heap_self = range.tagged ? (struct heap *)&heap_tagged : h;
  if (heap_thread_started != NULL)
    heap_thread_started();
  return h;
}

/* Signals are blocked while a thread works in a borrowed heap: if a handler forked here, the child
 * would rebuild that heap and then return into code that is halfway through changing it. */
struct heap *heap_borrow(uint64_t *signals) {
  os_signals_hold(signals);
  struct heap *h = claim_any();
  if (h == NULL)
    os_signals_let_go(signals);
  return h;
}

void heap_return(struct heap *h, const uint64_t *signals) {
  heap_lend_back(h);
  os_signals_let_go(signals);
}

/* Collects mail and gives back what may go, at the end of the thread that had h; its lists stay,
 * but for those with cells of several slabs.  Signals are blocked as in heap_borrow, because
 * heap_self does not point to h any more. */
static void trim_ended(struct heap *h) {
  if (!inbox_waiting(&h->inbox) && !h->spread && h->dirty.first == NULL)
    return; /* saves two system calls */
  uint64_t signals;
  os_signals_hold(&signals);
  heap_collect(h);
  list_release_slabs(h);
  heap_give_back(h, false);
  os_signals_let_go(&signals);
}

void heap_thread_ended(void) {
  struct heap *h = heap_mine();
  heap_self = (struct heap *)&heap_over;
  heap_tagged_self = NULL; /* from now on this thread frees as one without a heap */
  if (h == NULL)
    return;
  trim_ended(h);
  debug(heap_is_valid(h));
  if (!h->named)
    os_thread_name(h->name);
  heap_lend_back(h);
}

static void trim(struct heap *h) {
  heap_collect(h);
  heap_put_lists_back(h);
  heap_give_back(h, true);
  debug(heap_is_valid(h));
}

/* Trims a heap that no thread has, if it can be claimed.  Signals are blocked as in heap_borrow. */
static void trim_idle(unsigned number) {
  uint64_t signals;
  os_signals_hold(&signals);
  if (claim(number, os_thread_id() | NOT_SERVING)) {
    trim(heap_at(number));
    heap_lend_back(heap_at(number));
  }
  os_signals_let_go(&signals);
}

void heap_collect_idle(void) {
  for (unsigned i = 0; i < heap_count(); i++)
    if (heap_thread(i) == 0 && inbox_waiting(&heap_at(i)->inbox))
      trim_idle(i);
}

void heap_trim(void) {
  if (heap_mine() != NULL)
    trim(heap_mine());
  for (unsigned i = 0; i < heap_count(); i++)
    if (heap_thread(i) == 0)
      trim_idle(i);
  if (heap_mine() != NULL)
    block_trim_rows(heap_mine());
}

void heap_claims_reset(uint32_t before) {
  uint32_t now = os_thread_id();
  for (unsigned i = 0; i < heap_count(); i++)
    atomic_store(&claims[i], heap_thread(i) == before ? now : 0);
}
