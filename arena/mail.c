/* Frees by other threads.  Picture and contract: mail.h. */
#include "mail.h"

/* The slab whose mail this thread is announcing; and whether, in the child of a fork, heap_fork.c
 * has left that slab to this thread (mail_is_announcing). */
static __thread struct slab *announcing __attribute__((tls_model("initial-exec")));
static __thread bool left_to_me __attribute__((tls_model("initial-exec")));

uint64_t mail_full_words(const struct slab *s) {
  uint64_t full = 0;
  for (unsigned w = 0; w * 64 < s->carved; w++)
    if (mail_word(s, w) != 0)
      full |= UINT64_C(1) << w;
  return full;
}

unsigned mail_count(const struct slab *s) {
  unsigned n = 0;
  for (uint64_t words = mail_words(s); words != 0; words &= words - 1)
    n += (unsigned)__builtin_popcountll(mail_word(s, (unsigned)__builtin_ctzll(words)));
  return n;
}

void inbox_post(struct inbox *in, struct slab *s) {
  struct mail *m = mail_of(s);
  struct slab *first = atomic_load_explicit(&in->posted, memory_order_relaxed);
  do {
    m->next = first;
  } while (!atomic_compare_exchange_weak_explicit(&in->posted, &first, s, memory_order_release,
                                                  memory_order_relaxed));
}

bool mail_is_announcing(const struct slab *s) {
  if (s != announcing)
    return false;
  left_to_me = true;
  return true;
}

static bool chain_has(const struct slab *chain, const struct slab *s) {
  while (chain != NULL && chain != s)
    chain = mail_of(chain)->next;
  return chain != NULL;
}

/* After such a fork: the code that rebuilt the heaps could not know whether the slab had been
 * posted. */
static cold void announce_again(struct slab *s, struct inbox *owner) {
  left_to_me = false;
  atomic_fetch_or(&mail_of(s)->words, mail_full_words(s));
  if (mail_words(s) != 0 && !chain_has(atomic_load(&owner->posted), s) &&
      !chain_has(owner->taken, s))
    inbox_post(owner, s);
}

void mail_announce(struct slab *s, struct inbox *owner, unsigned w) {
  uint64_t bit = UINT64_C(1) << w;
  announcing = s;
  atomic_signal_fence(memory_order_seq_cst);
  if (atomic_fetch_or_explicit(&mail_of(s)->words, bit, memory_order_acq_rel) == 0)
    inbox_post(owner, s);
  atomic_signal_fence(memory_order_seq_cst);
  announcing = NULL;
  atomic_signal_fence(memory_order_seq_cst);
  if (unlikely(left_to_me))
    announce_again(s, owner);
}

static struct batch batch_new(struct batch *b) {
  return (struct batch){.first = NULL, .end = &b->first, .cells = 0};
}

static void batch_add(struct batch *b, const struct slab *s, unsigned w, uint64_t bits) {
  size_t size = slab_cell_bytes(s);
  char *cells = slab_cell(s, w * 64);
  for (; bits != 0; bits &= bits - 1) {
    struct cell *cell = (struct cell *)(cells + (unsigned)__builtin_ctzll(bits) * size);
    *b->end = cell;
    b->end = &cell->next;
  }
}

static uint64_t empty_word(struct mail *m, unsigned w) {
  return atomic_exchange_explicit(&m->freed[w], 0, memory_order_acq_rel);
}

/* Takes all bits but one out of a word, and returns those that it took; none if there were none. */
static uint64_t take_most_of_word(struct mail *m, unsigned w, bool last_stays) {
  uint64_t bits = atomic_load_explicit(&m->freed[w], memory_order_relaxed), stays;
  do {
    stays = bits == 0 ? 0 : last_stays ? UINT64_C(1) << (63 - __builtin_clzll(bits)) : bits & -bits;
  } while (!atomic_compare_exchange_weak_explicit(&m->freed[w], &bits, stays, memory_order_acq_rel,
                                                  memory_order_relaxed));
  return bits & ~stays;
}

/* At each moment the chain is in one of the two places or in both.  If it is in both, the child of
 * a fork drops one of them (heap_fork.c). */
void inbox_take(struct inbox *in) {
  if (in->taken != NULL)
    return;
  struct slab *first = atomic_load_explicit(&in->posted, memory_order_relaxed);
  do {
    in->taken = first;
    atomic_signal_fence(memory_order_seq_cst);
  } while (first != NULL &&
           !atomic_compare_exchange_weak_explicit(&in->posted, &first, NULL, memory_order_acquire,
                                                  memory_order_relaxed));
}

/* Notes that the words `opened` of a slab are about to be emptied.  If a signal handler forks
 * between here and the end of opening_end, the child finds the note. */
static void opening_begin(struct inbox *in, struct slab *s, uint64_t opened) {
  in->opened = opened;
  in->open = s;
  atomic_signal_fence(memory_order_seq_cst);
}

static bool is_purged(const struct mail *m) {
  return atomic_load_explicit(&m->purged, memory_order_relaxed) != 0;
}

/* Empties these words, and removes the note.  Returns the number of cells that were in them. */
static unsigned opening_end(struct inbox *in, struct cell_set *taken) {
  struct mail *m = mail_of(in->open);
  unsigned cells = 0;
  for (; in->opened != 0; in->opened &= in->opened - 1) {
    unsigned w = (unsigned)__builtin_ctzll(in->opened);
    taken->bits[w] = empty_word(m, w);
    cells += (unsigned)__builtin_popcountll(taken->bits[w]);
  }
  if (unlikely(is_purged(m)))
    atomic_store_explicit(&m->purged, 0, memory_order_relaxed);
  atomic_signal_fence(memory_order_seq_cst);
  in->open = NULL;
  return cells;
}

/* Adds these words of *taken to the batch. */
static void link_words(struct batch *b, const struct slab *s, uint64_t words,
                       const struct cell_set *taken) {
  for (; words != 0; words &= words - 1) {
    unsigned w = (unsigned)__builtin_ctzll(words);
    batch_add(b, s, w, taken->bits[w]);
  }
  *b->end = NULL;
}

struct slab *inbox_open(struct inbox *in, struct batch *b) {
  *b = batch_new(b);
  struct slab *s = in->taken;
  if (s == NULL)
    return NULL;
  struct mail *m = mail_of(s);
  struct cell_set taken;
  opening_begin(in, s, ~UINT64_C(0));
  in->taken = m->next;
  uint64_t words = in->opened = atomic_exchange_explicit(&m->words, 0, memory_order_acq_rel);
  b->cells = opening_end(in, &taken);
  if ((int32_t)b->cells != slab_used(s) || s->state == SLAB_CURRENT || s->tagged)
    link_words(b, s, words, &taken);
  return s;
}

void mail_take_most(struct slab *s, struct inbox *owner, struct batch *b) {
  *b = batch_new(b);
  struct mail *m = mail_of(s);
  struct cell_set taken;
  uint64_t words = mail_words(s), rest;
  if (words == 0)
    return;
  do {
    rest = words & (words - 1);
    opening_begin(owner, s, rest);
  } while (!atomic_compare_exchange_weak_explicit(&m->words, &words, words & -words,
                                                  memory_order_acq_rel, memory_order_relaxed));
  unsigned stays = (unsigned)__builtin_ctzll(words);
  taken.bits[stays] = take_most_of_word(m, stays, false);
  b->cells = (unsigned)__builtin_popcountll(taken.bits[stays]) + opening_end(owner, &taken);
  link_words(b, s, words, &taken);
}

/* Gives up where another thread changes `words` at the same moment. */
bool mail_hold(struct slab *s, bool last_stays, struct cell_set *held) {
  struct mail *m = mail_of(s);
  uint64_t words = mail_words(s);
  if (words == 0)
    return false;
  unsigned stays = (unsigned)(last_stays ? 63 - __builtin_clzll(words) : __builtin_ctzll(words));
  uint64_t bit = UINT64_C(1) << stays;
  if (!atomic_compare_exchange_strong_explicit(&m->words, &words, bit, memory_order_acq_rel,
                                               memory_order_relaxed))
    return false;
  *held = (struct cell_set){0};
  held->bits[stays] = take_most_of_word(m, stays, last_stays);
  bool any = held->bits[stays] != 0;
  for (words &= ~bit; words != 0; words &= words - 1) {
    unsigned w = (unsigned)__builtin_ctzll(words);
    held->bits[w] = empty_word(m, w);
    any |= held->bits[w] != 0;
  }
  return any;
}

bool mail_put_held(struct slab *s, struct inbox *owner, const struct cell_set *held) {
  bool sound = true;
  for (unsigned w = 0; w < MAIL_WORDS; w++) {
    uint64_t bits = held->bits[w];
    if (bits == 0)
      continue;
    uint64_t old = atomic_fetch_or_explicit(&mail_of(s)->freed[w], bits, memory_order_acq_rel);
    sound &= (old & bits) == 0;
    if (old == 0)
      mail_announce(s, owner, w);
  }
  return sound;
}
