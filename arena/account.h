/* An account: what one arena knows of one call site.
 *
 *   heap ── books ──> index: a pointer for each ACCOUNT_CHUNK sites
 *                       └──> chunk of accounts, made when the first of its sites allocates
 *
 * The thread that has the heap writes; reports may read at any time and see each word whole.
 * Small objects that other threads free reach the owner as mail (mail.h).  Large objects that other
 * threads free are added up by those threads, in `remote_large_*`, and the owner takes these sums
 * over when it next changes the account in a new epoch, or finds ACCOUNT_REMOTE_LARGE set.
 *
 *   live objects = allocs - frees          after `remote_large_*` was taken over
 *   live_bytes of the books = sum of live_bytes of their accounts
 *   publish_below <= live_bytes of the books <= publish_above
 *
 * The process's live bytes are a sum to which each arena publishes its changes now and then, so
 * that the process's peak is known to 1/PEAK_STEP of itself, or to UNPUBLISHED_BYTES an arena:
 *
 *   live bytes of the process = peak.live + sum over arenas of (live_bytes - published)
 *
 * Each new peak begins an epoch.  An account notes what it held at the peak when it next changes
 * (until then it has held the same), so that nothing is copied when the peak moves.
 *
 * A free counts in peak.live when it is made, by any thread.  A thread that frees an object of
 * another arena changes its own `published` at once (books_shift); when the owner collects the mail
 * it changes its own `published` the other way.
 *
 * The functions below keep errno.  Unless they say otherwise, the thread that has the heap calls
 * them, and never from a signal handler.
 */
#ifndef ARENA_ACCOUNT_H
#define ARENA_ACCOUNT_H

#include "life.h"
#include "pieces.h"
#include "tag.h"

struct account {
  _Alignas(CACHE_LINE) uint64_t allocs;
  uint64_t frees;
  uint64_t bytes;         /* requested, ever */
  uint64_t live_bytes;    /* requested */
  uint64_t live_rounded;  /* live bytes with rounding */
  uint64_t peak_bytes;    /* highest live_bytes so far */
  uint64_t temporary;     /* objects freed before the arena allocated anything else */
  uint16_t smallest;      /* of small requests, bytes; NO_SMALL: none yet */
  uint16_t largest;       /* of small requests, bytes */
  _Atomic uint32_t epoch; /* of the last change; plus ACCOUNT_REMOTE_LARGE */

  /* Rarely touched. */
  uint64_t at_peak_bytes;   /* held at the process's peak, if `epoch` is the current one */
  uint64_t at_peak_objects; /* likewise */
  uint64_t large_allocs;    /* large requests: part of allocs */
  uint64_t large_smallest;  /* of large requests, bytes */
  uint64_t large_largest;   /* 0: none yet */
  /* Large objects that other threads freed and the owner has not taken over. */
  _Atomic uint64_t remote_large_objects;
  _Atomic uint64_t remote_large_bytes;
  _Atomic uint64_t remote_large_cells;

  /* Frees by other threads: the total; the total when epoch `remote_freed_epoch` began; the part
   * that is already taken off live_bytes.
   *
   *   held at the process's peak =
   *     live - ((remote_freed_epoch is the current one ? remote_freed_before : remote_freed)
   *             - remote_booked)
   */
  _Atomic uint64_t remote_freed_bytes, remote_freed_objects;
  _Atomic uint64_t remote_freed_before_bytes, remote_freed_before_objects;
  _Atomic uint32_t remote_freed_epoch;
  uint32_t site; /* the site, and the number of the heap, for readers outside (pieces.h) */
  uint64_t remote_booked_bytes, remote_booked_objects;
  uint32_t arena, zero;
};

enum { ACCOUNT_CHUNK = 16, NO_SMALL = SMALL_MAX + 1 };
/* In `epoch`: `remote_large_*` are not 0. */
#define ACCOUNT_REMOTE_LARGE UINT32_C(0x80000000)
static_assert(sizeof(struct account) == 3 * CACHE_LINE, "what every request writes is one line");

/* An arena's accounts and their sums; part of struct heap. */
struct books {
  struct account **index;       /* SITES_MAX / ACCOUNT_CHUNK chunks, and a struct life behind
                                   them; NULL: no tags */
  _Atomic uint64_t *shown_peak; /* where readers see peak_bytes; NULL: nowhere */
  uint32_t arena;               /* number of the heap */
  uint32_t until;               /* allocations up to the next object whose birth is kept (life.h) */
  const void *last;   /* newest object: if it is the next to be freed, it is a temporary */
  int64_t live_bytes; /* requested */
  int64_t peak_bytes; /* highest live_bytes so far */
  int64_t published;  /* live_bytes as the process's sum has it */
  int64_t publish_above, publish_below;
  uint64_t timed_at;      /* allocations of the arena when `until` is 0 */
  uint64_t resized;       /* reallocs in place: an allocation and a free each */
  _Atomic uint64_t bytes; /* mapped for all this */
};

/* The process's live bytes and peak, over all arenas, are pieces_head.peak. */

/* All arenas together may rise by 1/PEAK_STEP of the peak before one publishes; in small processes
 * each arena may rise by UNPUBLISHED_BYTES. */
enum { PEAK_STEP = 1024, UNPUBLISHED_BYTES = 256 };

/* Maps the index and the accounts of sites below ACCOUNT_CHUNK, if that is not done yet.  False if
 * the system refuses memory; then nothing is kept. */
hidden bool books_open(struct books *b);

/* Makes the chunk that the site's account lies in, which must not exist yet; returns the account,
 * or NULL if the system refuses memory. */
hidden struct account *account_make(struct books *b, uint32_t site);

/* How long its objects lived.  There is an index. */
static inline struct life *books_life(const struct books *b) {
  return (struct life *)(b->index + SITES_MAX / ACCOUNT_CHUNK);
}

/* The arena's allocations so far. */
static inline uint64_t books_now(const struct books *b) { return b->timed_at - b->until; }

/* The account of a site, which is made if it does not exist; NULL if the system refuses memory. */
static inline struct account *account_of(struct books *b, uint32_t site) {
  struct account *chunk = b->index[site / ACCOUNT_CHUNK];
  return likely(chunk != NULL) ? chunk + site % ACCOUNT_CHUNK : account_make(b, site);
}
/* The account of a site; NULL if it does not exist.  Any thread. */
static inline const struct account *account_at(const struct books *b, uint32_t site) {
  const struct account *chunk = b->index[site / ACCOUNT_CHUNK];
  return chunk != NULL ? chunk + site % ACCOUNT_CHUNK : NULL;
}

/* The account of *site, which is made if it does not exist.  If the system refuses memory: the
 * account of SITE_TABLE_FULL, which always exists, and *site becomes SITE_TABLE_FULL. */
static inline struct account *account_or_full(struct books *b, uint32_t *site) {
  struct account *a = account_of(b, *site);
  return likely(a != NULL) ? a : account_of(b, *site = SITE_TABLE_FULL);
}

/* Prepares an account for its first change in an epoch: notes what it held at the peak, and takes
 * `remote_large_*` over.  May publish. */
hidden void account_renew(struct books *b, struct account *a);

/* Adds the change since the last call to the process's live bytes; a new peak begins an epoch. */
hidden void books_publish(struct books *b);

/* The process's sum has changed by -bytes in another way than by books_publish, on behalf of these
 * books.  bytes > 0: this thread freed them in another arena.  bytes < 0: mail is collected,
 * whose frees were published by the threads that made them.  May publish. */
hidden void books_shift(struct books *b, int64_t bytes);

/* Adds bytes, which may be negative, to the process's live bytes; a new peak begins an epoch.  For
 * frees of a thread that has no books.  Any thread; lock-free. */
hidden void peak_publish(int64_t bytes);

/* Notes the size of a small request that account_knows_size does not know. */
hidden void account_widen(struct account *a, size_t bytes);

/* Notes the size of a request that is served as a large one. */
hidden void account_widen_large(struct account *a, size_t bytes);

/* Has the account changed in this epoch already, with nothing to take over?  The fast path asks
 * this before it writes anything, so that it calls no function after that.  Plain loads: for an
 * aligned word they are atomic, and the compiler can fold one into the comparison, which it does
 * not do with atomic loads (range_span). */
__attribute__((no_sanitize("thread"))) static inline bool
account_is_current(const struct account *a) {
  return likely(*(const uint32_t *)&a->epoch == *(const uint32_t *)&pieces_head.peak.epoch);
}
/* Must come before each change of the account. */
static inline void account_touch(struct books *b, struct account *a) {
  if (!account_is_current(a))
    account_renew(b, a);
}

/* Counts an allocation of `bytes` in a cell of `cell` bytes; the books' live_bytes become `all`.
 * The account must be current.  True: books_publish must follow. */
static inline bool account_add_to(struct books *b, struct account *a, size_t bytes, size_t cell,
                                  int64_t all) {
  b->live_bytes = all;
  if (all > b->peak_bytes)
    b->peak_bytes = all;
  a->allocs++;
  a->bytes += bytes;
  a->live_rounded += cell;
  uint64_t live = a->live_bytes += bytes;
  if (live > a->peak_bytes)
    a->peak_bytes = live;
  return unlikely(all > b->publish_above);
}

/* The same, and the books' live_bytes grow by `bytes`. */
static inline bool account_add(struct books *b, struct account *a, size_t bytes, size_t cell) {
  return account_add_to(b, a, bytes, cell, b->live_bytes + (int64_t)bytes);
}

/* Counts the free of such an object, with the same rules. */
static inline bool account_take(struct books *b, struct account *a, size_t bytes, size_t cell) {
  a->frees++;
  a->live_rounded -= cell;
  a->live_bytes -= bytes;
  int64_t all = b->live_bytes -= (int64_t)bytes;
  return unlikely(all < b->publish_below);
}

/* Is the size of this small request between `smallest` and `largest`? */
static inline bool account_knows_size(const struct account *a, size_t bytes) {
  return likely((uint16_t)(bytes - a->smallest) <= (uint16_t)(a->largest - a->smallest));
}

/* Counts a large request, or a free of a large object by the thread that has the heap.  `weight`:
 * number of requests that this one represents.  May publish. */
hidden void account_add_large(struct books *b, struct account *a, size_t bytes, size_t cell,
                              uint32_t weight);
hidden void account_take_large(struct books *b, struct account *a, size_t bytes, size_t cell,
                               uint32_t weight);

/* Adds to the frees by other threads.  The thread that freed the objects calls it, before it
 * publishes the free; it does not have the heap.  Lock-free. */
hidden void account_note_remote(struct account *a, uint64_t bytes, uint64_t objects);

/* Does the same for a large object and adds it to `remote_large_*`, from which alone the owner
 * learns of the free. */
hidden void account_note_remote_large(struct account *a, size_t bytes, size_t cell,
                                      uint32_t weight);

/* Counts the free of an object in collected mail, which the thread that freed it has published. */
static inline void account_take_mailed(struct books *b, struct account *a, size_t bytes,
                                       size_t cell) {
  account_touch(b, a);
  account_take(b, a, bytes, cell);
  a->remote_booked_bytes += bytes;
  a->remote_booked_objects++;
  books_shift(b, -(int64_t)bytes);
}

/* In the child of a fork: the peak, and the arena's peak, begin again with the objects that are
 * alive. */
hidden void peak_restart(void);
hidden void books_restart(struct books *b);

/* Copies the account as a report shows it: `remote_large_*` taken over, what happened in the parent
 * process taken off, what was held at the process's peak filled in.  Changes nothing.  Any thread.
 */
hidden void account_read(const struct account *a, struct account *out);

/* What the account holds now, less what other threads have freed, in requested bytes; *allocs grows
 * by its allocations, less those of the parent process.  It may be negative while the account
 * changes.  Any thread. */
hidden int64_t account_now(const struct account *a, uint64_t *allocs);

/* Do the sums of an account fit each other?  Owner only, outside of the functions above. */
static inline bool account_is_valid(const struct account *a) {
  bool sized = a->smallest == NO_SMALL ? a->largest == NO_SMALL
                                       : a->smallest <= a->largest && a->largest <= SMALL_MAX;
  return sized && a->frees <= a->allocs && a->live_bytes <= a->peak_bytes &&
         a->live_bytes <= a->bytes && a->large_allocs <= a->allocs && a->temporary <= a->frees &&
         a->remote_booked_bytes <= a->remote_freed_bytes &&
         a->remote_booked_objects <= a->remote_freed_objects;
}

/* Is every account valid, and do the two equations of books hold?  Owner only, outside of the
 * functions above.  Reads the whole index. */
static inline bool books_is_valid(const struct books *b) {
  int64_t live = 0;
  for (uint32_t site = 0; b->index != NULL && site < SITES_MAX; site++) {
    const struct account *a = account_at(b, site);
    if (a == NULL) {
      site |= ACCOUNT_CHUNK - 1;
      continue;
    }
    if (!account_is_valid(a))
      return false;
    live += (int64_t)a->live_bytes;
  }
  return live == b->live_bytes && b->publish_below <= live && live <= b->publish_above;
}

#endif
