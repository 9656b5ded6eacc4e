/* A slab: 64 KiB of cells of one size class, owned by one heap.
 *
 *   cell 0 | cell 1 | ... | cell carved-1 |  never touched yet ...  | tail below one cell
 *
 * Every carved cell is in one of four places, and the equations hold whenever the owner is
 * not inside one of the functions that move cells:
 *
 *   carved = used + |free|                      cells freed by the owner wait in `free`
 *   used   = live + |thread list| + |mail|      mail: freed by other threads, not collected
 *   used   = until + uncounted                     so that free has one counter and one branch
 *
 * `freed_to` says where the owner's frees go: to `free`, or straight back to the thread list, so
 * that what was freed last is handed out first: while that list is cut from this slab, and in large
 * heaps afterwards, too (heap_list.h).  The slab then recycles: what comes back stays used, and
 *
 *   used     = countdown_start + uncounted                   countdown_start: what `countdown` was
 * set to recycled = countdown_start - until                    frees, and allocations, that no list
 * was cut for
 *
 * `countdown` counts the owner's frees down to the next event the owner must attend to:
 *   CURRENT  the heap's thread list is cut from this slab.  After a cut until = 1: the first
 *            free is checked thoroughly (an interior pointer shows here at no cost to the
 *            others); then until = RECYCLES_MAX (less before a sample, and in large heaps) or, if
 * it doesn't recycle, used + 1, which only a double free can reach. FULL     no free cell, in no
 * queue.  until = 1: the first free puts it into the queue. QUEUED   has free cells.  until = used:
 * at 0 the slab is empty and is retired. FULL and QUEUED ones that recycle count down to the next
 * look at the list; they are queued, or empty, when cells come back from it. EMPTY    no class;
 * owner kept, until = 1, so that a double free shows.
 *
 * The row is written by the owner only.  Other threads read `owner`, `class` and `reciprocal`,
 * which change only while no object of the slab is alive, and `carved`, which only grows
 * meanwhile; reports also read `freed_to`, `countdown`, `uncounted` and `countdown_start`, as they
 * find them.  What other threads write is in the mail row (mail.h).
 */
#ifndef ARENA_SLAB_H
#define ARENA_SLAB_H

#include "range.h"

struct heap;

struct cell {
  struct cell *next;
};

enum slab_state { SLAB_UNUSED = 0, SLAB_EMPTY, SLAB_CURRENT, SLAB_QUEUED, SLAB_FULL };

/* Frees between two walks of a list that no refill walks: seldom enough to cost a tenth of an
 * instruction a free. */
enum { RECYCLES_MAX = 16384 };

struct slab {
  struct heap *owner;     /* NULL: not passed out */
  struct cell **freed_to; /* where the owner's frees go */
  int32_t countdown;      /* frees until the owner must attend */
  int32_t uncounted;      /* used = until + uncounted */
  union {
    int32_t countdown_start; /* recycles: what until was set to */
    uint32_t emptied_ms;     /* EMPTY: when */
  };
  uint32_t carved;     /* cells that have been in a list */
  uint32_t reciprocal; /* ceil(2^32 / cell bytes) */
  uint16_t capacity;   /* cells */
  uint8_t class;       /* 1..CLASSES; 0 when EMPTY or UNUSED */
  uint8_t state : 7;   /* enum slab_state */
  bool dirty : 1;      /* pages may be resident in which nothing is carved */
  struct cell *free;   /* freed by the owner, newest first */
  struct slab *next;   /* in the heap's queue of the class, or among its empty slabs */
  struct slab *prev;
};

static_assert(sizeof(struct slab) == ROW_BYTES, "one row a cache line");

static inline struct slab *slab_at(uintptr_t offset) {
  return (struct slab *)(range.slab_rows + offset / SLAB_BYTES * ROW_BYTES);
}
static inline struct slab *slab_of(const void *p) { return slab_at(range_offset(p)); }
static inline size_t slab_index(const struct slab *s) {
  return ((uintptr_t)s - range.slab_rows) / ROW_BYTES;
}
static inline char *slab_memory(const struct slab *s) {
  return (char *)(range.base + slab_index(s) * SLAB_BYTES);
}

static inline bool slab_recycles(const struct slab *s) { return s->freed_to != &s->free; }
static inline int32_t slab_used(const struct slab *s) {
  return (slab_recycles(s) ? s->countdown_start : s->countdown) + s->uncounted;
}
static inline uint32_t slab_recycled(const struct slab *s) {
  return slab_recycles(s) ? (uint32_t)(s->countdown_start - s->countdown) : 0;
}
static inline void slab_set_used(struct slab *s, int32_t used, int32_t countdown) {
  s->countdown = countdown;
  s->uncounted = used - countdown;
  if (slab_recycles(s))
    s->countdown_start = countdown;
}

/* Where the countdown stands in each state (the table above).  `recycles`: so many frees may go to
 * the thread's list until the owner must attend, if they go there. */
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

static inline size_t slab_cell_bytes(const struct slab *s) { return class_bytes(s->class); }

/* Number of the cell that holds p: offset x ceil(2^32/size) >> 32, exact for every offset in a
 * slab and every class (slab_test.c tries all of them). */
static inline uint32_t slab_cell_index(const struct slab *s, const void *p) {
  uint64_t offset = (uintptr_t)p % SLAB_BYTES;
  return (uint32_t)(offset * s->reciprocal >> 32);
}
static inline char *slab_cell(const struct slab *s, uint32_t index) {
  return slab_memory(s) + index * slab_cell_bytes(s);
}

/* Is p, an address in the slab, the first byte of a carved cell?  What an offset leaves over when
 * it is divided by the cell bytes shows in the product's low half: below the reciprocal only if it
 * is nothing (slab_test.c).  A slab that has no class has none carved, and its first reciprocal is
 * 0. */
static inline bool slab_has_cell(const struct slab *s, const void *p) {
  uint64_t product = (uintptr_t)p % SLAB_BYTES * s->reciprocal;
  return (uint32_t)product < s->reciprocal &&
         product >> 32 < __atomic_load_n(&s->carved, __ATOMIC_RELAXED);
}

/* The same of any address: does it lie in this slab, too? */
static inline bool slab_holds_cell(const struct slab *s, const void *p) {
  return slab_of(p) == s && slab_has_cell(s, p);
}

/* Any state -> EMPTY, in no list yet. */
hidden void slab_clear(struct slab *s);

/* EMPTY -> an uncarved slab of that class, in no list. */
hidden void slab_assign(struct slab *s, unsigned class);

/* Links up to `cells` uncarved cells into a list (all count as used); their number in *n.  Where
 * among them the list begins differs from slab to slab.  Not of a slab that is all carved. */
hidden struct cell *slab_carve(struct slab *s, unsigned cells, unsigned *n);

/* Number of cells in a list that should lie in this slab: stops at the first link that does
 * not, or after `carved` links, and says so in *broken. */
hidden uint32_t slab_list_length(const struct slab *s, const struct cell *list, bool *broken);

#endif
