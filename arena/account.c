/* Accounts and the process's peak.  Contract: account.h. */
#include "account.h"
#include "check.h"
#include "os.h"
#include "pieces.h"

static _Atomic uint32_t publishers; /* arenas that have books */

enum { INDEX_BYTES = SITES_MAX / ACCOUNT_CHUNK * sizeof(struct account *) + PAGE_BYTES };
static_assert(sizeof(struct life) <= PAGE_BYTES, "it is behind the index");
enum { CHUNK_BYTES = ACCOUNT_CHUNK * sizeof(struct account) };

bool books_open(struct books *b) {
  if (b->index != NULL)
    return true;
  struct account **index = os_map(INDEX_BYTES);
  if (index == NULL)
    return false;
  b->index = index;
  count_add(&b->bytes, INDEX_BYTES);
  if (account_make(b, SITE_START) == NULL) {
    b->index = NULL;
    os_unmap(index, INDEX_BYTES);
    count_add(&b->bytes, -(uint64_t)INDEX_BYTES);
    return false;
  }
  b->until = 1;
  b->timed_at = 1;
  if (atomic_fetch_add(&publishers, 1) == 0)
    atomic_store(&pieces_head.peak.restart, atomic_fetch_add(&pieces_head.peak.epoch, 1) + 1);
  return true;
}

struct account *account_make(struct books *b, uint32_t site) {
  struct account *chunk = piece_take(PIECE_ACCOUNTS, CHUNK_BYTES);
  if (chunk == NULL)
    return NULL;
  for (uint32_t i = 0; i < ACCOUNT_CHUNK; i++) {
    chunk[i].smallest = chunk[i].largest = NO_SMALL;
    chunk[i].site = site / ACCOUNT_CHUNK * ACCOUNT_CHUNK + i;
    chunk[i].arena = b->arena;
  }
  __atomic_store_n(&b->index[site / ACCOUNT_CHUNK], chunk, __ATOMIC_RELEASE);
  return chunk + site % ACCOUNT_CHUNK;
}

/* Takes over the large objects that other threads freed since the last call; their bytes in *bytes.
 */
static void take_remote_large(struct account *a, uint64_t *bytes) {
  uint64_t objects = atomic_exchange(&a->remote_large_objects, 0);
  *bytes = atomic_exchange(&a->remote_large_bytes, 0);
  a->frees += objects;
  a->remote_booked_objects += objects;
  a->remote_booked_bytes += *bytes;
  a->live_bytes -= *bytes;
  a->live_rounded -= atomic_exchange(&a->remote_large_cells, 0);
}

/* Takes off what happened in the parent process: the objects that are alive count as allocated. */
static void forget_past(struct account *a) {
  a->allocs -= a->frees;
  a->frees = 0;
  a->bytes = a->peak_bytes = a->live_bytes;
  a->temporary = 0;
  if (a->large_allocs > a->allocs) /* which of the living are large is not known */
    a->large_allocs = a->allocs;
}

static uint32_t epoch_now(void) {
  return atomic_load_explicit(&pieces_head.peak.epoch, memory_order_relaxed);
}

/* Notes what the account held at the peak, before its first change in an epoch.  Frees by other
 * threads that the owner has not booked yet are taken off. */
static void note_held(struct account *a) {
  bool since = a->remote_freed_epoch == epoch_now();
  a->at_peak_bytes =
      a->live_bytes -
      ((since ? a->remote_freed_before_bytes : a->remote_freed_bytes) - a->remote_booked_bytes);
  a->at_peak_objects = a->allocs - a->frees -
                       ((since ? a->remote_freed_before_objects : a->remote_freed_objects) -
                        a->remote_booked_objects);
}

static bool is_of_parent(uint32_t epoch) {
  return epoch < atomic_load_explicit(&pieces_head.peak.restart, memory_order_relaxed);
}

/* The epoch is stored before `remote_large_*` are exchanged, and a thread that adds to them sets
 * the flag after that: so either this exchange or the next sees what it added. */
void account_renew(struct books *b, struct account *a) {
  uint32_t now = epoch_now(), word = atomic_exchange(&a->epoch, now);
  uint32_t epoch = word & ~ACCOUNT_REMOTE_LARGE;
  if (is_of_parent(epoch))
    forget_past(a);
  if (epoch != now)
    note_held(a);
  if (word & ACCOUNT_REMOTE_LARGE) {
    uint64_t bytes;
    take_remote_large(a, &bytes);
    b->live_bytes -= (int64_t)bytes;
    books_shift(b, -(int64_t)bytes);
  }
  debug(account_is_valid(a));
}

/* If two threads free in an epoch for the first time at the same moment, one object may be counted
 * on the wrong side of the peak. */
void account_note_remote(struct account *a, uint64_t bytes, uint64_t objects) {
  uint32_t now = epoch_now(),
           last = atomic_load_explicit(&a->remote_freed_epoch, memory_order_relaxed);
  if (last != now && atomic_compare_exchange_strong(&a->remote_freed_epoch, &last, now)) {
    a->remote_freed_before_bytes = a->remote_freed_bytes;
    a->remote_freed_before_objects = a->remote_freed_objects;
  }
  atomic_fetch_add(&a->remote_freed_bytes, bytes);
  atomic_fetch_add(&a->remote_freed_objects, objects);
}

void account_note_remote_large(struct account *a, size_t bytes, size_t cell, uint32_t weight) {
  account_note_remote(a, bytes * weight, weight);
  atomic_fetch_add(&a->remote_large_bytes, bytes * weight);
  atomic_fetch_add(&a->remote_large_cells, cell * weight);
  atomic_fetch_add(&a->remote_large_objects, weight);
  atomic_fetch_or(&a->epoch, ACCOUNT_REMOTE_LARGE);
}

static void widen_large(struct account *a, size_t bytes) {
  if (a->large_largest == 0 || bytes < a->large_smallest)
    a->large_smallest = bytes;
  if (bytes > a->large_largest)
    a->large_largest = bytes;
}

void account_widen_large(struct account *a, size_t bytes) {
  if (bytes <= SMALL_MAX)
    account_widen(a, bytes);
  else
    widen_large(a, bytes);
}

void account_widen(struct account *a, size_t bytes) {
  uint16_t n = (uint16_t)bytes;
  if (a->smallest == NO_SMALL || n < a->smallest)
    a->smallest = n;
  if (a->largest == NO_SMALL || n > a->largest)
    a->largest = n;
}

void account_add_large(struct books *b, struct account *a, size_t bytes, size_t cell,
                       uint32_t weight) {
  account_touch(b, a);
  a->allocs += weight - 1;
  if (account_add(b, a, bytes * weight, cell * weight))
    books_publish(b);
  a->large_allocs += weight;
  account_widen_large(a, bytes);
}

void account_take_large(struct books *b, struct account *a, size_t bytes, size_t cell,
                        uint32_t weight) {
  account_touch(b, a);
  a->frees += weight - 1;
  if (account_take(b, a, bytes * weight, cell * weight))
    books_publish(b);
}

void peak_publish(int64_t bytes) {
  int64_t live = atomic_fetch_add(&pieces_head.peak.live, bytes) + bytes;
  int64_t most = atomic_load_explicit(&pieces_head.peak.most, memory_order_relaxed);
  while (live > most)
    if (atomic_compare_exchange_weak(&pieces_head.peak.most, &most, live)) {
      atomic_fetch_add(&pieces_head.peak.epoch, 1);
      return;
    }
}

/* Bytes by which an arena may rise, and FALL_BYTES or as many by which it may fall, without
 * publishing. An arena that is alone may use the room below the peak, since no other arena rises
 * meanwhile; but at most 1/ALONE_STEP of the peak: that much error is accepted when a second arena
 * appears while this one has not published. */
enum { ALONE_STEP = 128, FALL_BYTES = 1024 };
static int64_t unpublished_most(void) {
  int64_t arenas = (int64_t)atomic_load_explicit(&publishers, memory_order_relaxed);
  int64_t most = atomic_load_explicit(&pieces_head.peak.most, memory_order_relaxed);
  int64_t room = most - atomic_load_explicit(&pieces_head.peak.live, memory_order_relaxed);
  if (arenas == 1)
    return most / PEAK_STEP + (room < 0 ? 0 : room < most / ALONE_STEP ? room : most / ALONE_STEP);
  return most / PEAK_STEP / arenas > UNPUBLISHED_BYTES ? most / PEAK_STEP / arenas
                                                       : UNPUBLISHED_BYTES;
}

void books_publish(struct books *b) {
  int64_t change = b->live_bytes - b->published;
  b->published = b->live_bytes;
  peak_publish(change);
  if (b->shown_peak != NULL)
    atomic_store_explicit(b->shown_peak, (uint64_t)b->peak_bytes, memory_order_relaxed);
  int64_t unpublished = unpublished_most();
  b->publish_above = b->published + unpublished;
  b->publish_below = b->published - (unpublished > FALL_BYTES ? unpublished : FALL_BYTES);
}

void books_shift(struct books *b, int64_t bytes) {
  b->published += bytes;
  b->publish_above += bytes;
  b->publish_below += bytes;
  if (b->live_bytes < b->publish_below || b->live_bytes > b->publish_above)
    books_publish(b);
}

/* Live bytes stay as they are, and the peak begins at them. */
void peak_restart(void) {
  atomic_store(&pieces_head.peak.most, atomic_load(&pieces_head.peak.live));
  atomic_store(&pieces_head.peak.restart, atomic_fetch_add(&pieces_head.peak.epoch, 1) + 1);
}

/* A thread that exists only in the parent may have counted `until` down, and not drawn the next. */
void books_restart(struct books *b) {
  if (b->until == 0) {
    b->until = 1;
    b->timed_at++;
  }
  b->peak_bytes = b->live_bytes;
  b->resized = 0;
}

void account_read(const struct account *a, struct account *out) {
  *out = *a;
  uint32_t epoch = out->epoch & ~ACCOUNT_REMOTE_LARGE;
  if (is_of_parent(epoch))
    forget_past(out);
  if (epoch != epoch_now())
    note_held(out);
  uint64_t bytes;
  take_remote_large(out, &bytes);
}

int64_t account_now(const struct account *a, uint64_t *allocs) {
  const volatile uint64_t *live = &a->live_bytes, *n = &a->allocs, *frees = &a->frees;
  uint32_t epoch = atomic_load_explicit(&a->epoch, memory_order_relaxed);
  *allocs += is_of_parent(epoch & ~ACCOUNT_REMOTE_LARGE) ? count_less(*n, *frees) : *n;
  if (*live == 0)
    return 0;
  const volatile uint64_t *booked = &a->remote_booked_bytes;
  return (int64_t)(*live + *booked - count_get(&a->remote_freed_bytes));
}
