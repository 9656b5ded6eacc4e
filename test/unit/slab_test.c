/* A slab by itself: the arithmetic of its cells, carving, and lists that do not hold. */
#include "heap_setup.h"

/* A slab row of a range that was set up, with memory, outside of any heap. */
static struct slab *fresh_slab(unsigned c) {
  static struct block *block;
  if (block == NULL)
    block = block_take((struct heap *)&heap_over);
  require(block != NULL);
  if (block->ab_offset == block->ab_size)
    block->ab_offset = 0;
  struct slab *s = block_next_slab(block);
  slab_assign(s, c);
  return s;
}

/* Every offset of a slab, every class. */
static void test_cell_index_is_exact(void **state) {
  (void)state;
  for (unsigned c = 1; c <= CLASSES; c++) {
    struct slab *s = fresh_slab(c);
    const char *memory = slab_memory(s);
    for (uint32_t offset = 0; offset < SLAB_BYTES; offset++)
      require(slab_cell_index(s, memory + offset) == offset / class_bytes(c));
  }
}

static void test_assigned_slab_is_empty(void **state) {
  (void)state;
  for (unsigned c = 1; c <= CLASSES; c++) {
    const struct slab *s = fresh_slab(c);
    require(s->class == c && slab_cell_bytes(s) == class_bytes(c));
    require(s->capacity == SLAB_BYTES / class_bytes(c));
    require(s->carved == 0 && slab_used(s) == 0 && s->free == NULL);
    require(!slab_has_cell(s, slab_memory(s)));
  }
}

static void test_rows_and_memory_correspond(void **state) {
  (void)state;
  for (unsigned i = 0; i < BLOCK_BYTES_DEFAULT / SLAB_BYTES; i++) {
    struct slab *s = slab_at(i * (uintptr_t)SLAB_BYTES);
    require(slab_index(s) == i && slab_of(slab_memory(s)) == s);
    require(slab_of(slab_memory(s) + SLAB_BYTES - 1) == s);
    require(range_offset(slab_memory(s)) == i * (uintptr_t)SLAB_BYTES);
  }
}

/* The list has each of the n cells from number `from` on once: ascending, and around once. */
static void require_cells(const struct slab *s, const struct cell *list, unsigned from,
                          unsigned n) {
  unsigned at = slab_cell_index(s, list);
  for (unsigned i = 0; i < n; i++, list = list->next) {
    require((const char *)list == slab_cell(s, at));
    at = at + 1 < from + n ? at + 1 : from;
  }
  require(list == NULL);
}

/* Carving in steps of every size up to 70: all cells once, then none. */
static void carve_all(unsigned c, unsigned step) {
  struct slab *s = fresh_slab(c);
  unsigned expected = 0;
  while (expected < s->capacity) {
    unsigned n;
    bool broken;
    const struct cell *list = slab_carve(s, step, &n);
    require(n == (step < s->capacity - expected ? step : s->capacity - expected));
    require(slab_list_length(s, list, &broken) == n && !broken);
    require_cells(s, list, expected, n);
    expected += n;
    require(s->carved == expected);
  }
}

static void test_carving(void **state) {
  (void)state;
  for (unsigned c = 1; c <= CLASSES; c++)
    for (unsigned step = 1; step <= 70; step += 3)
      carve_all(c, step);
}

/* First cells of neighbouring slabs do not share a set of the first-level cache. */
static void test_lists_begin_in_different_sets(void **state) {
  (void)state;
  enum { NEIGHBOURS = 8 };
  for (unsigned c = 1; c <= CLASSES; c++) {
    bool seen[4096 / CACHE_LINE] = {false};
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
      unsigned n, set;
      set = (uintptr_t)slab_carve(fresh_slab(c), 64, &n) % 4096 / CACHE_LINE;
      require(!seen[set]);
      seen[set] = true;
    }
  }
}

/* Every address of a slab with some cells carved. */
static void test_has_cell(void **state) {
  (void)state;
  for (unsigned c = 1; c <= CLASSES; c++) {
    struct slab *s = fresh_slab(c);
    unsigned n;
    slab_carve(s, 70, &n);
    for (uint32_t offset = 0; offset < SLAB_BYTES; offset++) {
      bool is_cell = offset % class_bytes(c) == 0 && offset / class_bytes(c) < 70;
      require(slab_has_cell(s, slab_memory(s) + offset) == is_cell);
    }
    slab_clear(s);
    require(!slab_has_cell(s, slab_memory(s)));
  }
}

static void expect_broken(const struct slab *s, const struct cell *list, uint32_t length) {
  bool broken = false;
  require(slab_list_length(s, list, &broken) == length && broken);
}

static void test_list_length_of_none(void **state) {
  (void)state;
  bool broken = true;
  require(slab_list_length(fresh_slab(3), NULL, &broken) == 0 && !broken);
}

static void test_broken_lists(void **state) {
  (void)state;
  struct slab *s = fresh_slab(3), *other = fresh_slab(3);
  unsigned n;
  struct cell *list = slab_carve(s, 10, &n), *third = list->next->next;
  struct cell *foreign = slab_carve(other, 10, &n), *fourth = third->next;
  third->next = foreign; /* into another slab */
  expect_broken(s, list, 3);
  third->next = (struct cell *)((char *)fourth + 8); /* inside a cell */
  expect_broken(s, list, 3);
  third->next = (struct cell *)slab_cell(s, 10); /* not carved yet */
  expect_broken(s, list, 3);
  third->next = (struct cell *)8; /* anywhere */
  expect_broken(s, list, 3);
  third->next = list; /* a circle: as many as were carved, then no more */
  expect_broken(s, list, 10);
  third->next = third;
  expect_broken(s, list, 10);
  expect_broken(s, (struct cell *)((char *)list + 1), 0);
  third->next = fourth;
  bool broken;
  require(slab_list_length(s, list, &broken) == 10 && !broken);
}

/* The next slab of a block is owned, empty, and a double free in it shows (slab.h, EMPTY). */
static void test_block_passes_out_slabs(void **state) {
  (void)state;
  struct heap *owner = (struct heap *)&heap_over;
  struct block *b = block_take(owner);
  require(b != NULL && b->owner == owner && b->ab_size == BLOCK_BYTES_DEFAULT && b->live == 0);
  for (size_t at = 0; at < b->ab_size; at += SLAB_BYTES) {
    const struct slab *s = block_next_slab(b);
    require(slab_memory(s) == b->ab_mem + at && b->ab_offset == at + SLAB_BYTES);
    require(s->owner == owner && s->state == SLAB_EMPTY && s->class == 0);
    require(s->countdown == 1 && slab_used(s) == 0 && !s->dirty && block_of(s) == b);
  }
  require(block_next_slab(b) == NULL);
  block_give(b);
  require(b->owner == NULL && slab_of(b->ab_mem)->owner == NULL);
  require(slab_of(b->ab_mem + BLOCK_BYTES_DEFAULT - 1)->state == SLAB_UNUSED);
}

/* The lowest free block is taken again, zero-filled. */
static void test_blocks_are_reused_lowest_first(void **state) {
  (void)state;
  struct block *b[5];
  for (unsigned i = 0; i < 5; i++) {
    b[i] = block_take((struct heap *)&heap_over);
    fill(slab_memory(block_next_slab(b[i])), SLAB_BYTES, 0xa5);
  }
  size_t blocks = block_count();
  block_give(b[3]);
  block_give(b[1]);
  require(block_take((struct heap *)&heap_over) == b[1]);
  require(block_take((struct heap *)&heap_over) == b[3]);
  require(block_count() == blocks);
  require(is_filled(b[1]->ab_mem, SLAB_BYTES, 0) && is_filled(b[3]->ab_mem, SLAB_BYTES, 0));
}

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cell_index_is_exact),
      cmocka_unit_test(test_assigned_slab_is_empty),
      cmocka_unit_test(test_rows_and_memory_correspond),
      cmocka_unit_test(test_carving),
      cmocka_unit_test(test_lists_begin_in_different_sets),
      cmocka_unit_test(test_has_cell),
      cmocka_unit_test(test_list_length_of_none),
      cmocka_unit_test(test_broken_lists),
      cmocka_unit_test(test_block_passes_out_slabs),
      cmocka_unit_test(test_blocks_are_reused_lowest_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
