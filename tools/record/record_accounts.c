/* What call sites hold, from the accounts; contract in record_parts.h, the equations in
 * arena/account.h. */
#include "record_parts.h"

#include <string.h>

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t not_negative(uint64_t n) { return (int64_t)n < 0 ? 0 : n; }

/* Of the child of a fork: what lives counts as allocated, what was before does not. */
static void forget_past(struct record_account *a) {
  a->allocs = record_less(a->allocs, a->frees);
  a->frees = a->temporary = 0;
  a->bytes = a->peak_bytes = a->live_bytes;
  a->large_allocs = least(a->large_allocs, a->allocs);
}

/* The account has not changed since the peak: it held then what it holds now, less what others had
 * freed by then. */
static void note_held(struct record_account *a, uint32_t peak_epoch) {
  bool since = a->remote_freed_epoch == peak_epoch;
  uint64_t bytes = since ? a->remote_freed_before_bytes : a->remote_freed_bytes;
  uint64_t objects = since ? a->remote_freed_before_objects : a->remote_freed_objects;
  a->at_peak_bytes = a->live_bytes - (bytes - a->remote_booked_bytes);
  a->at_peak_objects = a->allocs - a->frees - (objects - a->remote_booked_objects);
}

/* Takes off what other threads have freed.  The cells of small ones are not known: they are taken
 * to be as much larger than the objects as those of the account are on average. */
static void take_remote(struct record_account *a) {
  uint64_t bytes = not_negative(a->remote_freed_bytes - a->remote_booked_bytes);
  uint64_t objects = not_negative(a->remote_freed_objects - a->remote_booked_objects);
  uint64_t large = least(a->remote_large_bytes, bytes), cells = a->remote_large_cells;
  if (a->live_bytes != 0)
    cells +=
        (uint64_t)((double)(bytes - large) * ((double)a->live_rounded / (double)a->live_bytes));
  a->frees = least(a->frees + objects, a->allocs);
  a->live_rounded = record_less(not_negative(a->live_rounded), cells);
  a->live_bytes = record_less(not_negative(a->live_bytes), bytes);
}

static void set_sizes(struct dump_account *to, const struct record_account *a) {
  uint64_t smallest = a->smallest < RECORD_NO_SMALL ? a->smallest : UINT64_MAX;
  to->largest = a->smallest < RECORD_NO_SMALL ? a->largest : 0;
  if (a->large_largest != 0) {
    smallest = least(smallest, a->large_smallest);
    to->largest = to->largest > a->large_largest ? to->largest : a->large_largest;
  }
  to->smallest = smallest != UINT64_MAX ? smallest : 0;
}

static void set_account(struct dump_account *to, struct record_account *a,
                        const struct record_head *head) {
  uint32_t epoch = a->epoch & ~RECORD_REMOTE_LARGE;
  if (epoch < head->peak_restart)
    forget_past(a);
  if (epoch != head->peak_epoch)
    note_held(a, head->peak_epoch);
  take_remote(a);
  *to = (struct dump_account){.arena = a->arena,
                              .site = a->site,
                              .allocs = a->allocs,
                              .frees = a->frees,
                              .bytes = a->bytes,
                              .live_objects = record_less(a->allocs, a->frees),
                              .live_bytes = a->live_bytes,
                              .live_rounded = a->live_rounded,
                              .peak_bytes =
                                  a->peak_bytes > a->live_bytes ? a->peak_bytes : a->live_bytes,
                              .at_peak_objects = not_negative(a->at_peak_objects),
                              .at_peak_bytes = not_negative(a->at_peak_bytes),
                              .temporary = a->temporary,
                              .large_allocs = a->large_allocs};
  set_sizes(to, a);
}

/* With samples the arenas count by themselves. */
static void add_up(struct record_work *w, const struct dump_account *a) {
  w->live_bytes += a->live_bytes;
  w->live_objects += a->live_objects;
  ((struct dump_process *)image_item(w->image, DUMP_PROCESS, 0))->peak_bytes += a->at_peak_bytes;
  if (!record_is_whole(w))
    return;
  struct dump_arena *sum = image_item(w->image, DUMP_ARENAS, a->arena);
  sum->total_allocs += a->allocs;
  sum->total_size += a->bytes;
  sum->frees += a->frees;
  sum->live_objects += a->live_objects;
  sum->live_bytes += a->live_bytes;
  sum->live_rounded += a->live_rounded;
  if (sum->peak_bytes < sum->live_bytes)
    sum->peak_bytes = sum->live_bytes;
}

void record_account_add(struct record_work *w, const struct dump_account *a) {
  *(struct dump_account *)image_add(w->image, DUMP_ACCOUNTS) = *a;
  add_up(w, a);
}

/* Estimates of before are not shown, once all requests are recorded. */
static void account(struct record_work *w, struct record_account *a) {
  if (a->allocs == 0 || a->arena >= image_items(w->image, DUMP_ARENAS) ||
      a->site >= image_items(w->image, DUMP_SITES) || w->plain[a->arena])
    return;
  struct dump_account account;
  set_account(&account, a, &w->m->head);
  if (account.allocs != 0) /* else all before the fork */
    record_account_add(w, &account);
}

void record_accounts(struct record_work *w) {
  for (unsigned i = 0; i < w->m->pieces; i++) {
    const struct memory_piece *p = &w->m->piece[i];
    struct record_account a;
    for (size_t at = 0; p->kind == RECORD_ACCOUNTS && at + sizeof a <= p->bytes; at += sizeof a) {
      memcpy(&a, p->at + at, sizeof a);
      account(w, &a);
    }
  }
}
