/* The predicates of slabs, queues, lists, blocks, accounts, mail and heaps: true of a heap that is
 * in use, false after one field of it was damaged.
 */
#include "heap_objects.h"

#include "heap_tag.h"

static struct heap *heap;
static struct slab *slab; /* one in use, with free cells */

static bool all_is_valid(void) { return heap_is_valid(heap) && heap_mail_is_valid(heap); }

/* Sets a field to another value, expects that `valid` is false, and sets it back. */
#define damage(field, value, valid)                                                                \
  do {                                                                                             \
    require(valid);                                                                                \
    __typeof__(field) before = (field);                                                            \
    (field) = (value);                                                                             \
    require(!(valid));                                                                             \
    (field) = before;                                                                              \
    require(valid);                                                                                \
  } while (0)

static int in_use(void **state) {
  (void)state;
  heap = become_new_thread();
  allocate_all(4000, 100);
  for (unsigned i = 0; i < 700; i += 2)
    heap_free(objects[i]);
  slab = slab_of(objects[1]);
  require(slab->state == SLAB_QUEUED && heap_mine() == heap);
  return 0;
}

static void test_slab(void **state) {
  (void)state;
  damage(slab->countdown, slab->countdown + 1, slab_is_valid(slab));
  damage(slab->uncounted, slab->uncounted - 1, slab_is_valid(slab));
  damage(slab->carved, slab->carved - 1, slab_is_valid(slab));
  damage(slab->capacity, slab->capacity - 1, slab_is_valid(slab));
  damage(slab->free, slab->free->next, slab_is_valid(slab));
  damage(slab->free->next, slab->free, slab_is_valid(slab)); /* a circle */
  damage(slab->class, 0, slab_is_valid(slab));
  damage(slab->class, CLASSES + 1, slab_is_valid(slab));
  struct slab before = *slab;
  slab->state = SLAB_FULL;
  require(!slab_is_valid(slab));
  *slab = before;
}

static void test_queue_and_block(void **state) {
  (void)state;
  struct slab_queue *q = &heap->queue[slab->class];
  struct block *b = block_of(slab);
  damage(q->last, NULL, slab_queue_is_valid(q, heap, slab->class, SLAB_QUEUED));
  damage(q->first->prev, slab, slab_queue_is_valid(q, heap, slab->class, SLAB_QUEUED));
  damage(slab->owner, NULL, slab_queue_is_valid(q, heap, slab->class, SLAB_QUEUED));
  damage(slab->owner, NULL, block_is_valid(b));
  damage(b->live, b->live + 1, block_is_valid(b));
  damage(b->ab_offset, b->ab_offset - 1, block_is_valid(b));
  damage(b->ab_mem, b->ab_mem + SLAB_BYTES, block_is_valid(b));
}

static void test_heap(void **state) {
  (void)state;
  unsigned c = slab->class;
  damage(heap->dirty_bytes, heap->dirty_bytes + SLAB_BYTES, all_is_valid());
  damage(heap->carved_bytes, heap->carved_bytes + 1, all_is_valid());
  damage(counts_of(heap)->passed[c], counts_of(heap)->passed[c] + 1, all_is_valid());
  damage(counts_of(heap)->freed[c], counts_of(heap)->freed[c] - 1, all_is_valid());
  damage(counts_of(heap)->known[c], UINT64_C(1) << 62, all_is_valid());
  damage(heap->lists[c].length, 0, heap->head[c] == NULL || list_is_valid(heap, c));
  damage(heap->current[c], slab, all_is_valid());
  damage(heap->blocks->ab_prev, heap->blocks, all_is_valid());
  damage(heap->books.live_bytes, 1, all_is_valid());
}

static void test_mail(void **state) {
  (void)state;
  struct mail *m = mail_of(slab);
  uint32_t cell = slab_cell_index(slab, objects[1]);
  damage(m->words, UINT64_C(1), mail_is_valid(slab));
  damage(m->freed[0], UINT64_C(1) << cell % 64, mail_is_valid(slab)); /* and not announced */
  struct inbox in = {.posted = slab};
  require(!inbox_is_valid(&in, heap));
  require(mail_put(slab, &heap->inbox, cell));
  require(all_is_valid());
  damage(m->words, UINT64_C(0), all_is_valid());
  damage(m->freed[cell / 64], UINT64_C(0), all_is_valid());
  heap_collect(heap);
  require(all_is_valid());
}

static void test_account(void **state) {
  (void)state;
  struct books b = {0};
  require(books_open(&b) && books_is_valid(&b));
  struct account *a = account_of(&b, 700);
  account_add_large(&b, a, 5000, 5008, 1);
  account_widen(a, 40);
  require(account_is_valid(a) && books_is_valid(&b));
  damage(a->frees, 2, account_is_valid(a));
  damage(a->live_bytes, 5001, account_is_valid(a));
  damage(a->large_allocs, 2, account_is_valid(a));
  damage(a->temporary, 1, account_is_valid(a));
  damage(a->smallest, 41, account_is_valid(a));
  damage(a->largest, NO_SMALL, account_is_valid(a));
  damage(a->remote_booked_bytes, 1, account_is_valid(a));
  damage(a->live_bytes, 4999, books_is_valid(&b));
  damage(b.publish_above, b.live_bytes - 1, books_is_valid(&b));
  damage(b.publish_below, b.live_bytes + 1, books_is_valid(&b));
}

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_slab),    cmocka_unit_test(test_queue_and_block),
      cmocka_unit_test(test_heap),    cmocka_unit_test(test_mail),
      cmocka_unit_test(test_account),
  };
  return cmocka_run_group_tests(tests, in_use, NULL);
}
