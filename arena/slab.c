/* Slabs by themselves; who owns them and when they move is the heap's business. */
#include "slab.h"

void slab_clear(struct slab *s) {
  s->class = 0;
  atomic_signal_fence(memory_order_seq_cst); /* a class would say that the rest is still true */
  s->free = NULL;
  s->freed_to = &s->free;
  s->carved = 0;
  slab_watch_first_free(s, SLAB_EMPTY, 0);
}

void slab_assign(struct slab *s, unsigned class) {
  s->free = NULL;
  slab_set_used(s, 0, 0);
  s->carved = 0;
  s->reciprocal = (uint32_t)(((UINT64_C(1) << 32) + class_bytes(class) - 1) / class_bytes(class));
  s->capacity = (uint16_t)(SLAB_BYTES / class_bytes(class));
  s->next = s->prev = NULL;
  atomic_signal_fence(memory_order_seq_cst); /* the class says that the rest is true */
  s->class = (uint8_t) class;
}

/* Lines 4 KiB apart share a set of the first-level cache (64 sets, 8 ways).  What was freed last is
 * handed out first, so that a program may live on the first cells of its lists: they begin at
 * another set in each slab (colours, as in Bonwick's slab allocator, but no byte is left out).
 * One deep through 16 classes: 5.5 ns a pair, all from the slabs' first bytes 7.1 ns. */
enum { COLOUR_BYTES = 7 * CACHE_LINE };
static unsigned first_in_list(const struct slab *s, unsigned count) {
  size_t step =
      COLOUR_BYTES / slab_cell_bytes(s) | 1; /* odd: no power of two brings it back soon */
  return (unsigned)(slab_index(s) * step % count);
}

/* Links the cells from number `first` up to `end`, and the last of them to `then`. */
static struct cell *link_cells(const struct slab *s, unsigned first, unsigned end,
                               struct cell *then) {
  if (first == end)
    return then;
  size_t size = slab_cell_bytes(s);
  char *p = slab_cell(s, first);
  for (unsigned i = first + 1; i < end; i++, p += size)
    ((struct cell *)p)->next = (struct cell *)(p + size);
  ((struct cell *)p)->next = then;
  return (struct cell *)slab_cell(s, first);
}

struct cell *slab_carve(struct slab *s, unsigned cells, unsigned *n) {
  unsigned left = s->capacity - s->carved, from = s->carved;
  *n = cells < left ? cells : left;
  unsigned start = from + first_in_list(s, *n);
  struct cell *list = link_cells(s, start, from + *n, link_cells(s, from, start, NULL));
  __atomic_store_n(&s->carved, from + *n, __ATOMIC_RELAXED); /* others look at it */
  return list;
}

uint32_t slab_list_length(const struct slab *s, const struct cell *list, bool *broken) {
  uint32_t n = 0;
  *broken = false;
  for (; list != NULL; list = list->next, n++)
    if (n >= s->carved || !slab_holds_cell(s, list)) {
      *broken = true;
      return n;
    }
  return n;
}
