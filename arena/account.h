/* An account: what one arena knows of one call site.
 *
 *   heap ── accounts ──> index: a pointer for each ACCOUNT_CHUNK sites
 *                          └──> chunk of accounts, made when the first of its sites allocates
 *
 * The thread that has the heap writes; reports may read at any time and see each word whole.
 * What other threads free reaches the owner as mail (mail.h); only frees of large objects by
 * other threads are added up by them, in `remote_large_objects`, and taken over by the owner.
 *
 *   live objects = allocs - frees          after `remote_large_objects` was taken over
 *
 * The process's peak is kept to 1/PEAK_STEP of itself, or to UNPUBLISHED_BYTES an arena.  Each new
 * peak begins an epoch; an account notes what it held then when it next changes (it has held
 * the same ever since), so that nothing is copied when the peak moves.
 *
 *   live bytes of the process = sum over arenas of live_bytes - told + what was told
 *
 * A free counts there when it is made, by whatever thread: who frees an object of another arena
 * lowers its own share at once (books_shift), and the owner's is left alone when the mail comes.
 */
#ifndef ARENA_ACCOUNT_H
#define ARENA_ACCOUNT_H

#include "tag.h"

struct account {
  _Alignas(CACHE_LINE) uint64_t allocs;
  uint64_t frees;
  uint64_t bytes;      /* requested, ever */
  uint64_t live_bytes; /* requested */
  uint64_t live_cells; /* with rounding */
  uint64_t peak_bytes; /* the most live_bytes ever was */
  uint64_t temporary;  /* freed before the arena allocated anything else */
  uint16_t smallest;   /* of small requests; NO_SMALL: none yet */
  uint16_t largest;
  _Atomic uint32_t
      epoch; /* of the last change; with ACCOUNT_REMOTE_LARGE: look at `remote_large_objects` */

  /* Rarely touched. */
  uint64_t peak_held_bytes; /* held when the process's peak was, if epoch is of later */
  uint64_t peak_held_objects;
  uint64_t large_allocs; /* requests that went to jemalloc: part of allocs */
  uint64_t large_smallest;
  uint64_t large_largest;
  _Atomic uint64_t remote_large_objects; /* large objects that other threads freed */
  _Atomic uint64_t remote_large_bytes;
  _Atomic uint64_t remote_large_cells;

  /* What other threads freed, ever; how much of it had been before the first of epoch
   * remote_freed_epoch; and how much of it the owner has taken off live_bytes by now.
   *
   *   held at the process's peak = live - ((remote_freed_epoch is the last one ? before : left) -
   * met)
   */
  _Atomic uint64_t remote_freed_bytes, remote_freed_objects;
  _Atomic uint64_t remote_freed_before_bytes, remote_freed_before_objects;
  _Atomic uint32_t remote_freed_epoch;
  uint64_t remote_booked_bytes, remote_booked_objects;
};

enum { ACCOUNT_CHUNK = 16, NO_SMALL = SMALL_MAX + 1 };
#define ACCOUNT_REMOTE_LARGE UINT32_C(0x80000000)
static_assert(sizeof(struct account) == 3 * CACHE_LINE, "what every request writes is one line");

/* An arena's accounts and their sums; part of struct heap. */
struct books {
  struct account **index; /* SITES_MAX / ACCOUNT_CHUNK chunks; NULL: no tags */
  char *pool, *pool_end;  /* where the next chunk comes from */
  const void *last;       /* newest object: its free next is a temporary */
  int64_t live_bytes;     /* requested */
  int64_t peak_bytes;
  int64_t published; /* live_bytes when the process's sum was last told */
  int64_t publish_above, publish_below;
  uint64_t resized;       /* reallocs in place: an allocation and a free each */
  _Atomic uint64_t bytes; /* mapped for all this */
};

/* The process's live bytes and peak, over all arenas. */
struct peak {
  _Atomic int64_t live; /* as told */
  _Atomic int64_t most;
  _Atomic uint32_t epoch;      /* grows with each new `most`; at least 1 */
  _Atomic uint32_t restart;    /* first epoch of this process: older accounts are its parent's */
  _Atomic uint32_t publishers; /* arenas that have books */
};
extern hidden struct peak peak;

/* How exactly the peak is known: all arenas together may rise by 1/PEAK_STEP of it before one
 * tells, and in small processes each by so many bytes. */
enum { PEAK_STEP = 1024, UNPUBLISHED_BYTES = 256 };

/* Maps the index and the accounts of sites below ACCOUNT_CHUNK.  False without memory. */
hidden bool books_open(struct books *b);

/* The account of a site, made at need; NULL if there is no memory. */
hidden struct account *account_make(struct books *b, uint32_t site);
static inline struct account *account_of(struct books *b, uint32_t site) {
  struct account *chunk = b->index[site / ACCOUNT_CHUNK];
  return likely(chunk != NULL) ? chunk + site % ACCOUNT_CHUNK : account_make(b, site);
}
/* Only if it exists. */
static inline const struct account *account_at(const struct books *b, uint32_t site) {
  const struct account *chunk = b->index[site / ACCOUNT_CHUNK];
  return chunk != NULL ? chunk + site % ACCOUNT_CHUNK : NULL;
}

/* The same; without memory that of SITE_TABLE_FULL, which is always there, and *site says so. */
static inline struct account *account_or_full(struct books *b, uint32_t *site) {
  struct account *a = account_of(b, *site);
  return likely(a != NULL) ? a : account_of(b, *site = SITE_TABLE_FULL);
}

/* First change in an epoch. */
hidden void account_renew(struct books *b, struct account *a);
/* Adds the change since the last time to the process's live bytes; moves its peak. */
hidden void books_publish(struct books *b);
/* Freed by this arena's thread, but another's object: bytes > 0.  Mail collected, which was
 * told by who freed it: bytes < 0. */
hidden void books_shift(struct books *b, int64_t bytes);
/* Freed by a thread that has no books. */
hidden void peak_tell(int64_t bytes);
/* The first small request, or one of another size than all before. */
hidden void account_widen(struct account *a, size_t bytes);

/* Has it changed in this epoch already?  Asked before anything is written: what follows then
 * calls nothing. */
static inline bool account_is_current(const struct account *a) {
  return likely(atomic_load_explicit(&a->epoch, memory_order_relaxed) ==
                atomic_load_explicit(&peak.epoch, memory_order_relaxed));
}
static inline void account_touch(struct books *b, struct account *a) {
  if (!account_is_current(a))
    account_renew(b, a);
}

/* Of a current account.  True: books_publish must follow. */
static inline bool account_add(struct books *b, struct account *a, size_t bytes, size_t cell) {
  a->allocs++;
  a->bytes += bytes;
  a->live_cells += cell;
  uint64_t live = a->live_bytes += bytes;
  if (live > a->peak_bytes)
    a->peak_bytes = live;
  int64_t all = b->live_bytes += (int64_t)bytes;
  if (all > b->peak_bytes)
    b->peak_bytes = all;
  return unlikely(all > b->publish_above);
}

static inline bool account_take(struct books *b, struct account *a, size_t bytes, size_t cell) {
  a->frees++;
  a->live_cells -= cell;
  a->live_bytes -= bytes;
  int64_t all = b->live_bytes -= (int64_t)bytes;
  return unlikely(all < b->publish_below);
}

static inline bool account_knows_size(const struct account *a, size_t bytes) {
  return likely((uint16_t)(bytes - a->smallest) <= (uint16_t)(a->largest - a->smallest));
}

/* A request that went to jemalloc, and a free of one by the thread that has the heap; `weight`:
 * how many requests it stands for. */
hidden void account_add_large(struct books *b, struct account *a, size_t bytes, size_t cell,
                              uint32_t weight);
hidden void account_take_large(struct books *b, struct account *a, size_t bytes, size_t cell,
                               uint32_t weight);

/* Any object freed by a thread that does not have the heap, before that thread tells.  Lock-free.
 */
hidden void account_note_remote(struct account *a, uint64_t bytes, uint64_t objects);

/* The same for a large object, of which the owner hears in no other way. */
hidden void account_gone(struct account *a, size_t bytes, size_t cell, uint32_t weight);

/* Collected mail: the freeing thread has told. */
static inline void account_take_mailed(struct books *b, struct account *a, size_t bytes,
                                       size_t cell) {
  account_touch(b, a);
  account_take(b, a, bytes, cell);
  a->remote_booked_bytes += bytes;
  a->remote_booked_objects++;
  books_shift(b, -(int64_t)bytes);
}

/* In the child of a fork: counts begin again with what is alive. */
hidden void peak_restart(void);
hidden void books_restart(struct books *b);

/* What a report says of an account: `remote_large_objects` taken over, the parent's past taken off,
 * what it held at the process's peak filled in.  Any thread. */
hidden void account_read(const struct account *a, struct account *out);

#endif
