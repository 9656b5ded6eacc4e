/* A slab: 64 KiB of cells of one size class, owned by one heap.
 *
 *   cell 0 | cell 1 | ... | cell carved-1 |  never touched yet ...  | tail below one cell
 *
 * Every carved cell is in one of four places.  These equations hold whenever the owner is not
 * inside one of the functions that move cells; slab_is_valid checks the first and the third:
 *
 *   carved = used + |free|                      `free`: cells that the owner freed
 *   used   = live + |thread list| + |mail|      mail: freed by other threads, not collected yet
 *   used   = countdown + uncounted              so that free has one counter and one branch
 *
 * `freed_to` says where the owner's frees go: to `free`, or directly to the thread list, so that
 * the cell that was freed last is handed out first.  A slab does the latter while the thread list
 * is cut from it, and in large heaps also afterwards (heap_list.h).  We say that it recycles: a
 * cell that comes back stays used, and
 *
 *   used     = countdown_start + uncounted      countdown_start: what `countdown` was set to
 *   recycled = countdown_start - countdown      frees, and allocations, for which no list was cut
 *
 * `countdown` counts the owner's frees down to the next one after which the owner has to act:
 *   CURRENT  The heap's thread list is cut from this slab.  After a cut the countdown is 1: the
 *            first free is checked thoroughly, so that a pointer into the middle of an object is
 *            found at no cost to the frees that follow.  Then it is RECYCLES_MAX (less before the
 *            heap's user wants a request for itself, and in large heaps) or, if the slab does not
 *            recycle, used + 1, which only a double free can reach.
 *   FULL     No free cell, in no queue.  The countdown is 1: the first free puts the slab into the
 *            queue.
 *   QUEUED   Has free cells.  The countdown is `used`: at 0 the slab is empty and is retired.
 *            FULL and QUEUED slabs that recycle count down to the next look at the thread list;
 *            they are queued, or empty, when cells come back from it.
 *   EMPTY    No class; the owner stays, and the countdown is 1, so that a double free is noticed.
 *
 * Only the owner writes the row, but for `idle` of a slab that is EMPTY.  Other threads read
 * `owner`, `class`, `tagged` and `reciprocal`, which change only while no object of the slab is
 * alive, and `carved`, which only grows meanwhile.
 * Reports also read `freed_to`, `countdown`, `uncounted` and `countdown_start`, whatever they are
 * at that moment.  What other threads write is in the mail row (mail.h).
 *
 * The functions below allocate nothing, take no lock, make no system call and keep errno.  Those
 * that take a `const struct slab *` may be called by any thread that knows an object of the slab to
 * be alive, and by the owner; the others by the owner only.
 */
#ifndef ARENA_SLAB_H
#define ARENA_SLAB_H

#include "range.h"

struct heap;

struct cell {
  struct cell *next;
};

enum slab_state { SLAB_UNUSED = 0, SLAB_EMPTY, SLAB_CURRENT, SLAB_QUEUED, SLAB_FULL };

/* Frees between two walks of a list that no refill walks.  The walks then cost a tenth of an
 * instruction a free. */
enum { RECYCLES_MAX = 16384 };

struct slab {
  struct heap *owner;     /* NULL: not passed out */
  struct cell **freed_to; /* where the owner's frees go */
  int32_t countdown;      /* frees until the owner has to act */
  int32_t uncounted;      /* used = countdown + uncounted */
  union {
    _Atomic int32_t countdown_start; /* recycles: what countdown was set to */
    _Atomic uint32_t idle;           /* EMPTY: since when, and who may touch the pages (below) */
  };
  uint32_t carved;     /* cells that have been in a list */
  uint32_t reciprocal; /* ceil(2^32 / cell bytes) */
  uint16_t capacity;   /* cells */
  uint8_t class;       /* 1..CLASSES; 0 when EMPTY or UNUSED */
  uint8_t state : 6;   /* enum slab_state */
  bool tagged : 1;     /* its cells have tags, as all of its owner's */
  bool dirty : 1;      /* pages may be resident in which nothing is carved */
  struct cell *free;   /* freed by the owner, newest first */
  struct slab *next;   /* in the heap's queue of the class, or among its empty slabs */
  struct slab *prev;
};

static_assert(sizeof(struct slab) == ROW_BYTES, "one row a cache line");

/* The slab at a byte offset from the range's base; the slab of an address in the range. */
static inline struct slab *slab_at(uintptr_t offset) {
  return (struct slab *)(range.slab_rows + offset / SLAB_BYTES * ROW_BYTES);
}
static inline struct slab *slab_of(const void *p) { return slab_at(range_offset(p)); }
/* Its number, counted from the range's base; its first byte. */
static inline size_t slab_index(const struct slab *s) {
  return ((uintptr_t)s - range.slab_rows) / ROW_BYTES;
}
static inline char *slab_memory(const struct slab *s) {
  return (char *)(range.base + slab_index(s) * SLAB_BYTES);
}

/* Do the owner's frees go to the thread list?  How many cells are used, and how many frees have
 * gone to that list and stand in no counter of the heap yet? */
static inline bool slab_recycles(const struct slab *s) { return s->freed_to != &s->free; }
static inline int32_t slab_countdown_start(const struct slab *s) {
  return atomic_load_explicit(&s->countdown_start, memory_order_relaxed);
}
static inline int32_t slab_used(const struct slab *s) {
  return (slab_recycles(s) ? slab_countdown_start(s) : s->countdown) + s->uncounted;
}
static inline uint32_t slab_recycled(const struct slab *s) {
  return slab_recycles(s) ? (uint32_t)(slab_countdown_start(s) - s->countdown) : 0;
}
/* Sets the number of used cells and the countdown.  `freed_to` must be set before. */
static inline void slab_set_used(struct slab *s, int32_t used, int32_t countdown) {
  s->countdown = countdown;
  s->uncounted = used - countdown;
  if (slab_recycles(s))
    atomic_store_explicit(&s->countdown_start, countdown, memory_order_relaxed);
}

/* Sets the state and the countdown that belongs to it (the table above).  `recycles`: frees until
 * the owner has to act, if they go to the thread list. */
static inline void slab_watch_current(struct slab *s, int32_t used, int32_t recycles) {
  s->state = SLAB_CURRENT;
  slab_set_used(s, used, slab_recycles(s) ? recycles : used + 1);
}
static inline void slab_watch_first_free(struct slab *s, enum slab_state state, int32_t used) {
  s->state = (uint8_t)state;
  slab_set_used(s, used, 1);
}
static inline void slab_watch_last_used(struct slab *s, int32_t used) {
  s->state = SLAB_QUEUED;
  slab_set_used(s, used, used);
}

/* `idle` of an EMPTY slab: the time by os_now_ms, modulo 2^30, and one of the two flags; or a word
 * that has neither.  The owner takes a slab only by slab_reclaim, and gives `idle` a time when the
 * pages may be resident.  From then on a visitor (heap_visit.h) may borrow the slab, so that its
 * pages are touched by one thread at a time:
 *
 *   IDLE_OWNED  <── slab_reclaim ──  IDLE_DIRTY | time  ── slab_borrow ──>  IDLE_BORROWED
 *        ^                                                                        │
 *        └──────── slab_reclaim ──────────  IDLE_PURGED | time  <─────────────────┘
 *
 * The flags are in bits that `countdown_start`, at the same place, never has. */
enum { IDLE_OWNED = 0, IDLE_BORROWED = 1, IDLE_TIME = (1 << 30) - 1 };
#define IDLE_DIRTY  (UINT32_C(1) << 31)
#define IDLE_PURGED (UINT32_C(1) << 30)

/* Milliseconds since the time in a word that has a flag; `now` is os_now_ms. */
static inline uint32_t slab_idle_ms(uint32_t word, uint32_t now) {
  return (now - word) & IDLE_TIME;
}

/* Begins the time of an EMPTY slab whose pages may be resident.  Owner only. */
static inline void slab_lend(struct slab *s, uint32_t now) {
  atomic_store_explicit(&s->idle, IDLE_DIRTY | (now & IDLE_TIME), memory_order_release);
}

/* Makes an EMPTY slab the owner's alone; false if it is borrowed, and then the owner must leave it
 * where it is.  *purged: a visitor gave its pages back.  Owner only. */
static inline bool slab_reclaim(struct slab *s, bool *purged) {
  uint32_t word = atomic_load_explicit(&s->idle, memory_order_acquire);
  *purged = (word & IDLE_PURGED) != 0;
  if (word == IDLE_BORROWED)
    return false;
  return word == IDLE_OWNED ||
         atomic_compare_exchange_strong_explicit(&s->idle, &word, IDLE_OWNED, memory_order_acquire,
                                                 memory_order_relaxed);
}

/* `idle`, or whatever stands there of a slab in another state.  Any thread. */
static inline uint32_t slab_idle(const struct slab *s) {
  return atomic_load_explicit(&s->idle, memory_order_relaxed);
}

/* Borrows a slab that has been EMPTY and dirty for `age` milliseconds; false if it is not, or if
 * the owner was quicker.  slab_return gives it back without its pages.  Visitors only; s may be in
 * any state. */
static inline bool slab_borrow(struct slab *s, uint32_t age, uint32_t now) {
  uint32_t word = atomic_load_explicit(&s->idle, memory_order_acquire);
  return (word & IDLE_DIRTY) != 0 && slab_idle_ms(word, now) >= age &&
         atomic_compare_exchange_strong_explicit(&s->idle, &word, IDLE_BORROWED,
                                                 memory_order_acquire, memory_order_relaxed);
}
static inline void slab_return(struct slab *s, uint32_t now) {
  atomic_store_explicit(&s->idle, IDLE_PURGED | (now & IDLE_TIME), memory_order_release);
}

static inline size_t slab_cell_bytes(const struct slab *s) { return class_bytes(s->class); }

/* Have its cells tags?  The byte also has the state, which the owner may change meanwhile. */
__attribute__((no_sanitize("thread"))) static inline bool slab_is_tagged(const struct slab *s) {
  return s->tagged;
}

/* Number of the cell that holds p, an address in the slab: offset x ceil(2^32/size) >> 32, exact
 * for every offset and every class (slab_test.c tries all of them).  Not of a slab without a class.
 */
static inline uint32_t slab_cell_index(const struct slab *s, const void *p) {
  uint64_t offset = (uintptr_t)p % SLAB_BYTES;
  return (uint32_t)(offset * s->reciprocal >> 32);
}
/* First byte of that cell. */
static inline char *slab_cell(const struct slab *s, uint32_t index) {
  return slab_memory(s) + index * slab_cell_bytes(s);
}

/* Is p, an address in the slab, the first byte of a carved cell?  The remainder of the division by
 * the cell bytes is in the low half of the product: that half is below the reciprocal exactly when
 * the remainder is 0 (slab_test.c).  False for a slab that has no class: none of its cells is
 * carved, and before its first class its reciprocal is 0. */
static inline bool slab_has_cell(const struct slab *s, const void *p) {
  uint64_t product = (uintptr_t)p % SLAB_BYTES * s->reciprocal;
  return (uint32_t)product < s->reciprocal &&
         product >> 32 < __atomic_load_n(&s->carved, __ATOMIC_RELAXED);
}

/* The same question of any address in the range, which may lie in another slab. */
static inline bool slab_holds_cell(const struct slab *s, const void *p) {
  return slab_of(p) == s && slab_has_cell(s, p);
}

/* Makes a slab in any state EMPTY.  It is in no queue before and after. */
hidden void slab_clear(struct slab *s);

/* Gives an EMPTY slab a class (1..CLASSES): nothing is carved, and it is in no queue.  The caller
 * sets the state. */
hidden void slab_assign(struct slab *s, unsigned class);

/* Links up to `cells` (> 0) uncarved cells into a list and returns it; their number is in *n.  All
 * of them are carved from now on; the caller counts them as used.  At which of them the list begins
 * differs from slab to slab.  The slab must have an uncarved cell. */
hidden struct cell *slab_carve(struct slab *s, unsigned cells, unsigned *n);

/* Number of cells in a list that should lie in this slab.  At the first link that does not, or
 * after `carved` cells, it stops and sets *broken, else clears it.  Owner only, or while no
 * thread changes the list. */
hidden uint32_t slab_list_length(const struct slab *s, const struct cell *list, bool *broken);

/* Does the countdown fit the state, as in the table above? */
static inline bool slab_countdown_is_valid(const struct slab *s) {
  int32_t used = slab_used(s);
  if (slab_recycles(s))
    return s->countdown > 0 && s->countdown <= slab_countdown_start(s) &&
           slab_countdown_start(s) <= RECYCLES_MAX;
  switch (s->state) {
  case SLAB_CURRENT:
    return s->countdown == 1 || s->countdown == used + 1;
  case SLAB_QUEUED:
    return s->countdown == used;
  default:
    return s->countdown == 1;
  }
}

/* Does the row hold what the equations and the table above say?  Owner only, outside of the
 * functions that move cells.  Walks `free`. */
static inline bool slab_is_valid(const struct slab *s) {
  bool broken;
  int32_t used = slab_used(s);
  uint32_t free_cells = slab_list_length(s, s->free, &broken);
  if (broken || used < 0 || s->carved != (uint32_t)used + free_cells)
    return false;
  if (s->class == 0)
    return s->carved == 0 &&
           (s->state == SLAB_UNUSED || (s->state == SLAB_EMPTY && s->countdown == 1));
  if (s->class > CLASSES || s->capacity != SLAB_BYTES / slab_cell_bytes(s) ||
      s->carved > s->capacity)
    return false;
  if (s->state == SLAB_FULL ? used != s->capacity
                            : s->state == SLAB_QUEUED && (used == 0 || used == s->capacity))
    return false;
  return s->state >= SLAB_CURRENT && slab_countdown_is_valid(s);
}

#endif
