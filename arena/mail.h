/* How objects freed by other threads come back to the slab's owner.
 *
 *   freeing thread                    slab's mail row            owner's inbox
 *   batch: a few cells of a slab ──> word: chain | count ──┐     slab -> slab -> ...
 *                                    (one CAS a batch)     └──>  posted when the word
 *                                                                was empty before
 *
 * The owner takes the whole inbox by one exchange, then each slab's whole chain by another:
 * nobody pops single elements, so there is no ABA.  A slab is in the inbox at most once,
 * because only the push that finds its word empty posts it, and the owner empties the word
 * after it has taken the slab out.  A slab with mail cannot be retired: its cells count as
 * used until they are collected.
 *
 * A fork can lose a thread between the two steps of a push: heap_fork.c then looks for slabs
 * with mail that stand in no inbox, which is what `seen` and `open` are for.
 */
#ifndef ARENA_MAIL_H
#define ARENA_MAIL_H

#include "slab.h"

struct mail {
  _Atomic uint64_t word; /* first cell << 16 | number of cells */
  struct slab *next;     /* in the owner's inbox */
  bool seen;             /* scratch for the child of a fork */
};

struct inbox {
  _Atomic(struct slab *) posted; /* written by every thread */
  struct slab *taken;            /* the owner's: exchanged, not yet opened */
  struct slab *open;             /* the owner's: being opened now */
};

static_assert(sizeof(struct mail) <= ROW_BYTES, "one row a cache line");

static inline struct mail *mail_of(const struct slab *s) {
  return (struct mail *)(range.base - MAIL_ROWS_BELOW + slab_index(s) * ROW_BYTES);
}

static inline unsigned mail_count(const struct slab *s) {
  return (unsigned)(atomic_load_explicit(&mail_of(s)->word, memory_order_relaxed) & 0xffff);
}

/* The cell posted last; for comparison only, since the owner may take it at any time. */
static inline const struct cell *mail_first(const struct slab *s) {
  uint64_t word = atomic_load_explicit(&mail_of(s)->word, memory_order_relaxed);
  return (const struct cell *)(word >> 16);
}

/* Gives a chain of n cells of that slab to its owner, whose inbox that is.  Any thread, lock-free.
 */
hidden void mail_post(struct slab *s, struct inbox *owner, struct cell *first, struct cell *last,
                      unsigned n);

/* Only the second step: the slab has mail and is in no inbox. */
hidden void inbox_post(struct inbox *in, struct slab *s);

static inline bool inbox_waiting(struct inbox *in) {
  return atomic_load_explicit(&in->posted, memory_order_relaxed) != NULL;
}

/* The owner's: the next slab with mail and its chain of *n cells; NULL when the inbox is empty. */
hidden struct slab *inbox_open(struct inbox *in, struct cell **chain, unsigned *n);

#endif
