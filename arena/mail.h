/* Mail: how objects that other threads freed come back to the slab's owner.
 *
 *   freeing thread         the slab's mail row                     owner's inbox
 *   free ──> a bit a cell  freed[]: word | word | word | ...  ┌──> slab -> slab -> ...
 *                          words:   a bit for each of them ───┘
 *
 * A free is one atomic addition to a word of `freed`.  A thread that finds that word empty sets its
 * bit in `words`; a thread that finds `words` empty posts the slab.  Nearly all frees do neither.
 * The owner goes the other way: it takes the inbox, then a slab's words, then each word's bits, all
 * by atomic exchange, so that there is no ABA problem.
 *
 *   a word of freed is not empty  =>  its bit in `words` is set, or a thread is about to set it
 *   `words` is not empty          =>  the slab is in the inbox once, or is about to be posted
 *
 * A slab with mail cannot be retired, because its cells count as used until they are collected.  So
 * a thread that is about to set a bit or to post finds the slab as it was.
 *
 * While the owner sleeps, another thread may take cells out for a moment and put them back
 * (mail_hold).  So two threads may empty words at a time, and both keep the rule that makes the
 * implications hold: whoever wants to empty a word of `freed` clears its bit in `words` first, or
 * leaves a cell in it; and `words`, unless the inbox was taken, keeps a bit.
 *
 * Nothing is written into a cell before the owner collects it.  The cache line of an object that
 * one thread makes and another frees therefore moves twice and no more, and the owner links the
 * cells by stores, which wait for nothing.  Chains through the cells, 16 cells at a time, took
 * twice as long, since the walk along a chain waited for each cell in turn.  Bits also show a
 * second free: its bit is set already.
 *
 * A fork can lose a thread that was about to set a bit or to post; heap_fork.c completes that in
 * the child, which is what `seen`, `open` and `opened` are for.  If the fork was made by a signal
 * handler, the thread that the signal interrupted goes on in the child and completes it itself.
 *
 * The functions below are lock-free, allocate nothing and keep errno.
 */
#ifndef ARENA_MAIL_H
#define ARENA_MAIL_H

#include "slab.h"

enum { MAIL_WORDS = SLAB_BYTES / GRAIN / 64 };

struct mail {
  _Atomic uint64_t words;             /* which of `freed` are not empty */
  struct slab *next;                  /* in the owner's inbox */
  bool seen;                          /* used by the child of a fork alone */
  _Atomic uint16_t purged;            /* pages whose cells are in the mail, and which went back */
  uint32_t listed;                    /* used by reports alone (heap_stats.h) */
  _Atomic uint64_t freed[MAIL_WORDS]; /* a bit a cell */
};

struct inbox {
  _Atomic(struct slab *) posted; /* written by every thread */
  struct slab *taken;            /* owner only: taken from `posted`, not opened yet */
  struct slab *open;             /* owner only: its mail is being taken now */
  uint64_t opened;               /* owner only: words of `open` that are still to be emptied */
  _Atomic uint32_t seen_ms;      /* when the owner was last in a slow path (heap_visit.h) */
};

static_assert(MAIL_WORDS <= 64, "a bit for each word");
static_assert(SLAB_BYTES / PAGE_BYTES <= 16, "a bit for each page");
static_assert(sizeof(struct mail) <= MAIL_ROW_BYTES, "a row's worth");

/* The slab's row of mail.  Any thread, any context. */
static inline struct mail *mail_of(const struct slab *s) {
  return (struct mail *)(range.base - MAIL_ROWS_BELOW + slab_index(s) * MAIL_ROW_BYTES);
}

/* `words`, and word w of `freed`, as they are now.  Any thread, any context. */
static inline uint64_t mail_words(const struct slab *s) {
  return atomic_load_explicit(&mail_of(s)->words, memory_order_relaxed);
}
static inline uint64_t mail_word(const struct slab *s, unsigned w) {
  return atomic_load_explicit(&mail_of(s)->freed[w], memory_order_relaxed);
}

/* One bit for each word of `freed` that is not empty.  Any thread, any context. */
hidden uint64_t mail_full_words(const struct slab *s);

/* Number of cells that other threads freed and the owner has not collected.  Any thread, any
 * context. */
hidden unsigned mail_count(const struct slab *s);

/* Completes mail_put after it found word w empty. */
hidden void mail_announce(struct slab *s, struct inbox *owner, unsigned w);

/* Gives a carved cell of that slab to its owner, whose inbox that is.  False if another thread had
 * freed it already: the program is at fault, and the mail must not be used any more.  Any thread
 * but the owner; not from signal handlers. */
static inline bool mail_put(struct slab *s, struct inbox *owner, uint32_t cell) {
  uint64_t bit = UINT64_C(1) << cell % 64;
  uint64_t old =
      atomic_fetch_add_explicit(&mail_of(s)->freed[cell / 64], bit, memory_order_acq_rel);
  if (unlikely(old == 0))
    mail_announce(s, owner, cell / 64);
  return likely((old & bit) == 0);
}

/* In the child of a fork that a signal handler made: was this thread, which goes on, interrupted
 * while it announced mail of that slab?  If so, mail_announce will complete at its end what other
 * threads lost there, and the caller must leave the slab alone. */
hidden bool mail_is_announcing(const struct slab *s);

/* Puts the slab, which has mail and is in no inbox, into its owner's inbox.  Any thread. */
hidden void inbox_post(struct inbox *in, struct slab *s);

/* Has a slab been posted that is not taken yet?  Any thread, any context. */
static inline bool inbox_waiting(struct inbox *in) {
  return atomic_load_explicit(&in->posted, memory_order_relaxed) != NULL;
}

/* Cells taken out of a slab's mail, linked by rising address; or all used cells of the slab, not
 * linked, `first` NULL. */
struct batch {
  struct cell *first;
  struct cell **end; /* where the link of the last one is */
  unsigned cells;
};

/* Takes what is in the inbox now, to be opened slab by slab.  Slabs that are posted meanwhile wait
 * for the next call, because other threads that free all the time would keep the owner here for
 * ever.  Owner only. */
hidden void inbox_take(struct inbox *in);

/* Takes all the mail of the next slab that inbox_take took, puts it into *b and returns the slab;
 * NULL when there is none left.  If the slab is empty now its cells are not linked, unless it is
 * current or has tags: their pages are not touched.  Owner only. */
hidden struct slab *inbox_open(struct inbox *in, struct batch *b);

/* Takes all the mail of s but one cell and puts it into *b.  The cell that is left keeps `words`
 * non-empty, so that s stays in the inbox (or gets there) exactly once.  Owner only. */
hidden void mail_take_most(struct slab *s, struct inbox *owner, struct batch *b);

/* A bit for each cell of a slab. */
struct cell_set {
  uint64_t bits[MAIL_WORDS];
};

/* Takes all cells but one out of the mail of s, into *held; the one that stays is the first or the
 * last of them.  False if it took none.  Meanwhile the cells count as used, so that the slab stays
 * as it is; the owner goes on, and may find less mail.  mail_put_held puts them back; false if the
 * program has freed one of them again.  One thread at a time in the process, any but the owner;
 * with all signals blocked. */
hidden bool mail_hold(struct slab *s, bool last_stays, struct cell_set *held);
hidden bool mail_put_held(struct slab *s, struct inbox *owner, const struct cell_set *held);

/* Do the two implications at the top hold, for a moment at which no thread is about to do anything;
 * and is every cell in the mail one that was carved?  While no other thread runs. */
static inline bool mail_is_valid(const struct slab *s) {
  if (mail_full_words(s) != mail_words(s))
    return false;
  for (uint32_t cell = s->carved; cell < MAIL_WORDS * 64; cell++)
    if ((mail_word(s, cell / 64) >> cell % 64 & 1) != 0)
      return false;
  return mail_count(s) <= (unsigned)slab_used(s);
}

/* Is every slab in the inbox one of that heap, with mail?  While no other thread runs. */
static inline bool inbox_is_valid(struct inbox *in, const struct heap *owner) {
  const struct slab *chains[] = {atomic_load(&in->posted), in->taken};
  for (unsigned i = 0; i < 2; i++)
    for (const struct slab *s = chains[i]; s != NULL; s = mail_of(s)->next)
      if (s->owner != owner || mail_words(s) == 0)
        return false;
  return in->open == NULL;
}

#endif
