/* The range of addresses, which grows step by step.  Picture and contract: range.h. */
#include "range.h"
#include "os.h"
#include "pieces.h"

hidden struct range range;

static const uint64_t section_below[SECTIONS] = {
    0, COUNTS_BELOW, HEAPS_BELOW, BLOCK_ROWS_BELOW, MAIL_ROWS_BELOW, SLAB_ROWS_BELOW, 0};
static const uint64_t section_max[SECTIONS] = {SLABS_MAX * TAG_ROW_BYTES,
                                               (uint64_t)HEAPS_MAX *HEAP_BYTES,
                                               (uint64_t)HEAPS_MAX *HEAP_BYTES,
                                               SLABS_MAX *ROW_BYTES,
                                               SLABS_MAX *MAIL_ROW_BYTES,
                                               SLABS_MAX *ROW_BYTES,
                                               DATA_MAX_BYTES};

/* Steps in which sections grow, bytes.  64 KiB of slab rows describe 64 MiB of data.  The step of
 * the data is below the 2 MiB of a huge page, so that a small program is not charged for one. */
enum { HEAPS_STEP = PAGE_BYTES, ROWS_STEP = 64 << 10, COUNTS_STEP = 1 << 20, DATA_STEP = 1 << 20 };

/* Distance of the range from the place where the kernel maps things.  The kernel goes down from
 * there, so that a program may map almost 4 TiB before the two meet.  Run-time systems that ask for
 * addresses by themselves (Go, Java, V8, mimalloc) begin below 2^46, which is far from there. */
#ifdef __SANITIZE_THREAD__ /* it has a shadow for no more than this below the mappings */
#define CLEARANCE (UINT64_C(384) << 30)
#else
#define CLEARANCE (UINT64_C(4) << 40)
#endif
static_assert(CLEARANCE > DATA_MAX_BYTES, "the data end below the kernel's mappings");

/* Growing takes a few system calls, so after a wait that long the thread with the right will not
 * return it: 20,000 sleeps of 50 us, to each of which the kernel adds about as much again, are
 * about two seconds. */
enum {
  GROWTH_SPINS = 200,
  GROWTH_SLEEP_US = 50,
  GROWTH_TRIES = GROWTH_SPINS + 20000,
  FORK_TRIES = GROWTH_SPINS + 200, /* about 20 ms */
  FORKS_MOST = 4095
};

/* Who has the right: 0 nobody, 1..FORKS_MOST so many forks under way, else the address of the
 * growth_marker of the thread that grows. */
static _Atomic uintptr_t growing;
static __thread bool counted __attribute__((tls_model("initial-exec"))); /* as one of the forks */
static _Atomic unsigned refusals; /* calls of range_growth_enter still to be refused at once */
static __thread char growth_marker __attribute__((tls_model("initial-exec")));

uintptr_t range_section_start(enum section s) {
  return s == SECTION_TAGS ? range.tag_rows : range.base - section_below[s];
}

static size_t section_step(enum section s) {
  if (s == SECTION_DATA)
    return (size_t)DATA_STEP > ((size_t)1 << range.block_shift) ? (size_t)DATA_STEP
                                                                : (size_t)1 << range.block_shift;
  if (s == SECTION_COUNTS && range.committed[s] >= COUNTS_STEP) /* few pieces (pieces.h) */
    return COUNTS_STEP;
  return s == SECTION_HEAPS ? HEAPS_STEP : ROWS_STEP;
}

static uint64_t tags_for(uint64_t data_bytes) { return data_bytes / SLAB_BYTES * TAG_ROW_BYTES; }

/* Asks the kernel where it maps things now, and returns a place far below, or far above where there
 * is no room below (valgrind maps everything in the first 128 GiB).  It is as random as the
 * kernel's own.  0 if the kernel maps nothing. */
static uintptr_t find_place(void) {
  char *p = os_map(PAGE_BYTES);
  if (p == NULL)
    return 0;
  os_unmap(p, PAGE_BYTES);
  uintptr_t at = round_up((uintptr_t)p, SLAB_BYTES);
  return at > 2 * CLEARANCE ? at - CLEARANCE : at + CLEARANCE;
}

bool range_setup(size_t block_bytes, bool tagged) {
  range.tagged = range.has_tag_rows = tagged;
  range.block_shift = (unsigned)__builtin_ctzl(block_bytes);
  range.base = find_place();
  range.slab_rows = range.base - SLAB_ROWS_BELOW;
  range.tag_rows = range.base - COUNTS_BELOW - tags_for(DATA_MAX_BYTES);
  range.tag_bias = range.tag_rows - range.slab_rows * (TAG_ROW_BYTES / ROW_BYTES);
  return range.base != 0;
}

/* Counts are for readers outside of the process as well. */
static bool section_map(enum section s, void *at, size_t bytes) {
  return s == SECTION_COUNTS ? piece_map_at(PIECE_COUNTS, at, bytes) : os_map_at(at, bytes);
}

bool range_commit(enum section s, uintptr_t bytes) {
  uintptr_t have = range.committed[s];
  if (bytes <= have)
    return true;
  uintptr_t want = round_up(bytes, section_step(s));
  uintptr_t end = range_section_start(s) + have;
  if (want > section_max[s] || !section_map(s, (void *)end, want - have))
    return false;
  range.committed[s] = want;
  return true;
}

bool range_grow(void) {
  uintptr_t want = range_span() + section_step(SECTION_DATA);
  uintptr_t slabs = want >> SLAB_SHIFT;
  uintptr_t blocks = (want >> range.block_shift) * ROW_BYTES;
  if (!range_commit(SECTION_SLAB_ROWS, slabs * ROW_BYTES) ||
      !range_commit(SECTION_MAIL_ROWS, slabs * MAIL_ROW_BYTES) ||
      !range_commit(SECTION_BLOCK_ROWS, blocks) ||
      (range.has_tag_rows && !range_commit(SECTION_TAGS, tags_for(want))) ||
      !range_commit(SECTION_DATA, want))
    return false;
  __atomic_store_n(&range.span, want, __ATOMIC_RELEASE);
  return true;
}

static bool is_forks(uintptr_t who) { return who != 0 && who <= FORKS_MOST; }

/* Replaces `growing`, which must be 0 or a number of forks if `fork`, by one that this thread has a
 * part in.  False: it has it already (we are in a signal handler), or it was not to be had. */
static bool take_right(bool fork) {
  for (unsigned tries = 0; tries < GROWTH_TRIES; tries++) {
    uintptr_t who = atomic_load_explicit(&growing, memory_order_relaxed);
    bool forks = is_forks(who);
    if ((who == 0 || (fork && forks && who < FORKS_MOST)) &&
        atomic_compare_exchange_weak_explicit(&growing, &who,
                                              fork ? who + 1 : (uintptr_t)&growth_marker,
                                              memory_order_acquire, memory_order_relaxed))
      return true;
    if (who == (uintptr_t)&growth_marker || (!fork && forks && tries >= FORK_TRIES))
      return false;
    if (tries < GROWTH_SPINS)
      cpu_relax();
    else
      os_sleep_us(GROWTH_SLEEP_US);
  }
  return false;
}

/* What is growing is done soon, but a fork may take long, on a busy machine longer than anybody
 * waits for it (FORK_TRIES). */
enum range_answer range_add_tags(void) {
  uintptr_t nobody = 0;
  if (__atomic_load_n(&range.has_tag_rows, __ATOMIC_ACQUIRE))
    return RANGE_DONE;
  if (!atomic_compare_exchange_strong_explicit(&growing, &nobody, (uintptr_t)&growth_marker,
                                               memory_order_acquire, memory_order_relaxed))
    return RANGE_BUSY;
  bool done = range.has_tag_rows || range_commit(SECTION_TAGS, tags_for(range_span()));
  __atomic_store_n(&range.has_tag_rows, done, __ATOMIC_RELEASE);
  range_growth_leave(true); /* the program's own requests need not wait because of us */
  return done ? RANGE_DONE : RANGE_REFUSED;
}

bool range_growth_enter(void) {
  unsigned left = atomic_load_explicit(&refusals, memory_order_relaxed);
  if (unlikely(left > 0)) {
    atomic_store_explicit(&refusals, left - 1, memory_order_relaxed);
    return false;
  }
  return take_right(false);
}

void range_growth_leave(bool grown) {
  if (!grown)
    atomic_store_explicit(&refusals, REFUSALS, memory_order_relaxed);
  atomic_store_explicit(&growing, 0, memory_order_release);
}

void range_growth_stop(void) { counted = take_right(true); }

void range_growth_go_on(void) {
  if (counted)
    atomic_fetch_sub_explicit(&growing, 1, memory_order_release);
  counted = false;
}

void range_growth_forget(void) {
  counted = false;
  if (growing != (uintptr_t)&growth_marker)
    atomic_store_explicit(&growing, 0, memory_order_release);
}
