/* Slabs by themselves; who owns them and when they move is the heap's business. */
#include "slab.h"

void slab_clear(struct slab *s) {
  s->class = 0;
  atomic_signal_fence(memory_order_seq_cst); /* a class would say that the rest is still true */
  s->free = NULL;
  s->into = &s->free;
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

struct cell *slab_carve(struct slab *s, unsigned cells, unsigned *n) {
  unsigned left = s->capacity - s->carved;
  unsigned count = cells < left ? cells : left;
  size_t size = slab_cell_bytes(s);
  char *first = slab_cell(s, s->carved);
  char *p = first;
  for (unsigned i = 1; i < count; i++, p += size)
    ((struct cell *)p)->next = (struct cell *)(p + size);
  ((struct cell *)p)->next = NULL;
  __atomic_store_n(&s->carved, s->carved + count, __ATOMIC_RELAXED); /* others look at it */
  *n = count;
  return (struct cell *)first;
}

uint32_t slab_list_length(const struct slab *s, const struct cell *list, bool *broken) {
  uint32_t n = 0;
  *broken = false;
  for (; list != NULL; list = list->next, n++)
    if (n >= s->carved || slab_of(list) != s || !slab_has_cell(s, list)) {
      *broken = true;
      return n;
    }
  return n;
}
