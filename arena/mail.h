/* How objects freed by other threads come back to the slab's owner.
 *
 *   freeing thread         the slab's mail row                     owner's inbox
 *   free ──> a bit a cell  freed[]: word | word | word | ...  ┌──> slab -> slab -> ...
 *                          words:   a bit for each of them ───┘
 *
 * A free is one atomic addition to a word of `freed`.  Who finds that word empty says so in
 * `words`; who finds `words` empty posts the slab; nearly nobody does either.  The owner goes the
 * other way: takes the inbox, a slab's words, each word's bits, all by exchange: no ABA.
 *
 *   a word of freed is not empty  =>  its bit in `words` is set, or somebody is about to do it
 *   `words` is not empty          =>  the slab is in the inbox once, or somebody is about to post
 *
 * A slab with mail cannot be retired: its cells count as used until they are collected.  So
 * whoever is about to do something finds the slab as it was.
 *
 * Nothing is written into a cell before the owner takes it up: the line of an object that one
 * thread makes and another frees is fetched twice, no more, and the owner's links are stores,
 * which wait for nothing.  Chains through the cells, 16 cells a batch, took twice the time: the
 * walk along them waited for each cell in turn.  And a second free finds its bit set.
 *
 * A fork can lose a thread that was about to do something: heap_fork.c then puts it right, which
 * is what `seen`, `open` and `opened` are for.  One that a signal handler made keeps the thread
 * that the signal interrupted: that one does, in the child, what it was about to do.
 */
#ifndef ARENA_MAIL_H
#define ARENA_MAIL_H

#include "slab.h"

enum { MAIL_WORDS = SLAB_BYTES / GRAIN / 64 };

struct mail {
  _Atomic uint64_t words;             /* which of `freed` are not empty */
  struct slab *next;                  /* in the owner's inbox */
  bool seen;                          /* scratch for the child of a fork */
  uint32_t listed;                    /* scratch for reports (heap_stats.h) */
  _Atomic uint64_t freed[MAIL_WORDS]; /* a bit a cell */
};

struct inbox {
  _Atomic(struct slab *) posted; /* written by every thread */
  struct slab *taken;            /* the owner's: exchanged, not yet opened */
  struct slab *open;             /* the owner's: being opened now */
  uint64_t opened;               /* its words that are still to be emptied */
};

static_assert(MAIL_WORDS <= 64, "a bit for each word");
static_assert(sizeof(struct mail) <= MAIL_ROW_BYTES, "a row's worth");

static inline struct mail *mail_of(const struct slab *s) {
  return (struct mail *)(range.base - MAIL_ROWS_BELOW + slab_index(s) * MAIL_ROW_BYTES);
}

static inline uint64_t mail_words(const struct slab *s) {
  return atomic_load_explicit(&mail_of(s)->words, memory_order_relaxed);
}
static inline uint64_t mail_word(const struct slab *s, unsigned w) {
  return atomic_load_explicit(&mail_of(s)->freed[w], memory_order_relaxed);
}

/* The words of `freed` that are not empty, a bit each. */
hidden uint64_t mail_full_words(const struct slab *s);

/* Cells freed by other threads and not collected. */
hidden unsigned mail_count(const struct slab *s);

/* The rest of mail_put: that word was empty. */
hidden void mail_announce(struct slab *s, struct inbox *owner, unsigned w);

/* Gives a carved cell of that slab to its owner, whose inbox that is.  Any thread, lock-free.
 * False if it was given already: a fault, and the mail is in disorder then. */
static inline bool mail_put(struct slab *s, struct inbox *owner, uint32_t cell) {
  uint64_t bit = UINT64_C(1) << cell % 64;
  uint64_t old =
      atomic_fetch_add_explicit(&mail_of(s)->freed[cell / 64], bit, memory_order_acq_rel);
  if (unlikely(old == 0))
    mail_announce(s, owner, cell / 64);
  return likely((old & bit) == 0);
}

/* In the child of a fork that a signal handler made: is this very thread, which goes on, about to
 * announce something in that slab?  Then it puts right itself, at the end, what others lost there.
 */
hidden bool mail_is_announcing(const struct slab *s);

/* Only the last step: the slab has mail and is in no inbox. */
hidden void inbox_post(struct inbox *in, struct slab *s);

static inline bool inbox_waiting(struct inbox *in) {
  return atomic_load_explicit(&in->posted, memory_order_relaxed) != NULL;
}

/* Cells taken out of the mail, linked by rising address. */
struct batch {
  struct cell *first;
  struct cell **end; /* where the last one's link is */
  unsigned cells;
};

/* The owner's: what is in the inbox now is to be opened.  What comes meanwhile waits: who frees
 * all the time would fill it for ever. */
hidden void inbox_take(struct inbox *in);

/* The owner's: the next slab taken and all of its mail; NULL when there is none left. */
hidden struct slab *inbox_open(struct inbox *in, struct batch *b);

/* The owner's: the mail of a slab that stays in the inbox, or is about to come there; and so one
 * cell stays too. */
hidden void mail_take_most(struct slab *s, struct inbox *owner, struct batch *b);

#endif
