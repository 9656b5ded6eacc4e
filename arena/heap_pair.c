/* A thread's two heaps.  Picture and contract: heap_pair.h. */
#include "heap_pair.h"
#include "heap_collect.h"
#include "heap_list.h"
#include "heap_memory.h"
#include "heap_thread.h"
#include "heap_visit.h"
#include "os.h"

#include <string.h>

/* The two have the same name in reports. */
static void share_name(const struct heap *from, struct heap *to) {
  to->named = from->named;
  memcpy(counts_of(to)->name, counts_of(from)->name, sizeof counts_of(to)->name);
}

/* The tagged heap of the thread that has h; NULL: there is no memory. */
static struct heap *tagged_beside(struct heap *h) {
  if (h->beside != NULL || range_add_tags() != RANGE_DONE)
    return h->beside;
  struct heap *to = heap_acquire_tagged();
  if (to == NULL)
    return NULL;
  share_name(h, to);
  to->beside = h;
  atomic_signal_fence(memory_order_seq_cst); /* a handler may look from h to the other */
  h->beside = to;
  return to;
}

/* All cells of h are in its slabs. */
static void put_aside(struct heap *h) {
  heap_collect(h);
  heap_close_lists(h);
  heap_give_back(h, os_now_ms(), false);
  h->looked = false;
}

bool heap_begin_tags(void) {
  struct heap *h = heap_self, *to = tagged_beside(h);
  if (to == NULL)
    return false;
  put_aside(h);
  heap_tagged_self = to;
  atomic_signal_fence(memory_order_seq_cst);
  heap_self = (struct heap *)&heap_tagged;
  return true;
}

void heap_end_tags(void) {
  struct heap *h = heap_tagged_self;
  put_aside(h);
  heap_self = h->beside;
}

/* A request that was under way when the heap was put aside may have left a list. */
void heap_look_aside(struct heap *h, uint32_t now) {
  struct heap *aside = h->beside;
  if (aside == NULL || h != heap_mine())
    return;
  heap_note_awake(aside, now);
  heap_collect(aside);
  if (!aside->looked)
    heap_close_lists(aside);
  aside->looked = true;
  heap_give_back(aside, now, false);
}

void heap_pairs_fork_child(void) {
  for (unsigned i = 0; i < heap_count(); i++)
    if (!heap_is_mine(heap_at(i)))
      heap_at(i)->beside = NULL;
}
