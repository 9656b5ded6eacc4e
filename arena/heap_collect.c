/* How the owner collects mail.  Contract: heap_collect.h. */
#include "heap_collect.h"
#include "check.h"
#include "heap_life.h"
#include "heap_list.h"

void heap_untag_mailed(struct heap *h, const struct slab *s, const void *cell) {
  tag_t *row = tag_place(s, cell);
  tag_t t = *row;
  if (t == 0) /* the child of a fork has counted it already */
    return;
  *row = 0;
  account_take_mailed(&h->books, account_of(&h->books, tag_site(t)), tag_bytes(t),
                      slab_cell_bytes(s));
  if (t & TAG_TIMED)
    heap_count_life(h, tag_site(t), cell);
}

/* Puts the cells of a batch before the free cells that the slab has, since they are warm. */
static void take_batch(struct heap *h, struct slab *s, struct batch *b) {
  if (b->cells == 0)
    return;
  int32_t used = slab_used(s) - (int32_t)b->cells;
  check(used >= 0, "heap corrupted: more objects freed by other threads than a slab has");
  for (struct cell *p = b->first; s->tagged && p != NULL; p = p->next)
    heap_untag_mailed(h, s, p);
  *b->end = s->free;
  s->free = b->first;
  count_add(&counts_of(h)->remote[s->class], b->cells);
  list_update_state(h, s, used);
}

void heap_collect(struct heap *h) {
  struct batch b;
  struct slab *s;
  inbox_take(&h->inbox);
  while ((s = inbox_open(&h->inbox, &b)) != NULL)
    take_batch(h, s, &b);
}

/* Its own mail is a line or two of memory; the whole inbox is many. */
void heap_collect_for(struct heap *h, struct slab *s) {
  struct batch b;
  mail_take_most(s, &h->inbox, &b);
  take_batch(h, s, &b);
  if (s->free == NULL)
    heap_collect(h);
}
