/* Frees by other threads; picture and contract in mail.h. */
#include "mail.h"

static struct cell *word_cell(uint64_t word) { return (struct cell *)(word >> 16); }

void inbox_post(struct inbox *in, struct slab *s) {
  struct mail *m = mail_of(s);
  struct slab *first = atomic_load_explicit(&in->posted, memory_order_relaxed);
  do {
    m->next = first;
  } while (!atomic_compare_exchange_weak_explicit(&in->posted, &first, s, memory_order_release,
                                                  memory_order_relaxed));
}

void mail_post(struct slab *s, struct inbox *owner, struct cell *first, struct cell *last,
               unsigned n) {
  struct mail *m = mail_of(s);
  uint64_t old = atomic_load_explicit(&m->word, memory_order_relaxed);
  uint64_t new;
  do {
    last->next = word_cell(old);
    new = (uint64_t)(uintptr_t)first << 16 | ((old & 0xffff) + n);
  } while (!atomic_compare_exchange_weak_explicit(&m->word, &old, new, memory_order_acq_rel,
                                                  memory_order_relaxed));
  if (old == 0)
    inbox_post(owner, s);
}

struct slab *inbox_open(struct inbox *in, struct cell **chain, unsigned *n) {
  if (in->taken == NULL)
    in->taken = atomic_exchange_explicit(&in->posted, NULL, memory_order_acquire);
  struct slab *s = in->taken;
  if (s == NULL)
    return NULL;
  struct mail *m = mail_of(s);
  in->open = s; /* for the child, should a signal handler fork between here ... */
  atomic_signal_fence(memory_order_seq_cst);
  in->taken = m->next;
  uint64_t word = atomic_exchange_explicit(&m->word, 0, memory_order_acq_rel);
  atomic_signal_fence(memory_order_seq_cst);
  in->open = NULL; /* ... and here */
  *chain = word_cell(word);
  *n = (unsigned)(word & 0xffff);
  return s;
}
