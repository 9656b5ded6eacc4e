/* Slabs without their heaps: the heap decides which state a slab is in.  Contract in slab.h. */
#include "slab.h"

void slab_clear(struct slab *s) {
  s->class = 0;
  atomic_signal_fence(memory_order_seq_cst); /* a class promises that the other fields are right */
  s->free = NULL;
  s->freed_to = &s->free;
  s->carved = 0;
  atomic_store_explicit(&s->idle, IDLE_OWNED, memory_order_relaxed);
  slab_watch_first_free(s, SLAB_EMPTY, 0);
}

void slab_assign(struct slab *s, unsigned class) {
  s->free = NULL;
  slab_set_used(s, 0, 0);
  s->carved = 0;
  s->reciprocal = (uint32_t)(((UINT64_C(1) << 32) + class_bytes(class) - 1) / class_bytes(class));
  s->capacity = (uint16_t)(SLAB_BYTES / class_bytes(class));
  s->next = s->prev = NULL;
  atomic_signal_fence(memory_order_seq_cst); /* a class promises that the other fields are right */
  s->class = (uint8_t) class;
}

/* Lines 4 KiB apart share a set of the first-level cache (64 sets, 8 ways).  The cell that was
 * freed last is handed out first, so a program may work for long on the first cells of its lists.
 * The lists therefore begin at another set in each slab (colours, as in Bonwick's slab allocator,
 * but no byte is left out).  A program that has one object alive in each of 16 classes takes 5.5 ns
 * a pair; if all lists began at their slabs' first bytes it would take 7.1 ns. */
enum { COLOUR_BYTES = 7 * CACHE_LINE };
static unsigned first_in_list(const struct slab *s, unsigned count) {
  size_t step =
      COLOUR_BYTES / slab_cell_bytes(s) | 1; /* odd, so that no power of two makes it repeat soon */
  return (unsigned)(slab_index(s) * step % count);
}

/* Links the cells from number `first` to `end` - 1, and the last of them to `then`. */
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
  __atomic_store_n(&s->carved, from + *n, __ATOMIC_RELAXED); /* other threads read it */
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
