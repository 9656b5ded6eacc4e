/* Batches of frees for other heaps; contract in heap_batch.h. */
#include "heap_batch.h"

/* The slot is emptied first: a fork that loses this thread then loses a few cells rather than
 * posting them twice. */
static void flush(struct batch *b) {
  struct batch full = *b;
  if (full.slab == NULL)
    return;
  b->slab = NULL;
  atomic_signal_fence(memory_order_seq_cst);
  mail_post(full.slab, &full.slab->owner->inbox, full.first, full.last, full.cells);
}

bool heap_batch(struct heap *h, struct slab *s, struct cell *cell) {
  struct batch *b = &h->batch[slab_index(s) % BATCHES];
  if (b->slab != s) {
    flush(b);
    *b = (struct batch){.first = cell, .last = cell, .cells = 1};
    atomic_signal_fence(memory_order_seq_cst);
    b->slab = s;
    return true;
  }
  if (b->first == cell)
    return false;
  cell->next = b->first;
  b->first = cell;
  if (++b->cells == BATCH_CELLS)
    flush(b);
  return true;
}

void heap_flush_batches(struct heap *h) {
  for (unsigned i = 0; i < BATCHES; i++)
    flush(&h->batch[i]);
}

/* A batch may have been caught with its newest cell linked and not counted: count again. */
static bool recount(struct batch *b) {
  b->cells = 0;
  for (struct cell *c = b->first; b->cells < BATCH_CELLS; c = c->next) {
    if (slab_of(c) != b->slab || !slab_has_cell(b->slab, c))
      return false;
    b->cells++;
    if (c == b->last)
      return true;
  }
  return false;
}

void heap_salvage_batches(struct heap *h) {
  for (unsigned i = 0; i < BATCHES; i++) {
    if (h->batch[i].slab != NULL && !recount(&h->batch[i]))
      h->batch[i].slab = NULL;
    flush(&h->batch[i]);
  }
}
