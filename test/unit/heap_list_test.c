/* Lists that several slabs' cells go to (heap_list.h). */
#include "heap_objects.h"

enum { SIZE = 256, CELLS = SLAB_BYTES / SIZE, CLASS = SIZE / GRAIN };

static uint64_t random_state = 1;

static void shuffle(unsigned n) {
  for (unsigned i = n; i > 1; i--) {
    unsigned other = (unsigned)(next_random(&random_state) % i);
    void *p = objects[i - 1];
    objects[i - 1] = objects[other];
    objects[other] = p;
  }
}

static uint64_t listed(void) {
  struct heap_totals t;
  heap_read_totals(heap_self, true, &t);
  return t.listed[CLASS];
}

static void large_heap(void) {
  become_new_thread();
  list_spread_bytes = 0;
}

/* What is freed last is handed out first, from whichever slab. */
static void last_freed_first_served(void) {
  large_heap();
  allocate_all(20 * CELLS, SIZE);
  for (unsigned i = 0; i < 15; i++)
    heap_free(objects[i * CELLS]);
  for (unsigned i = 15; i-- > 0;)
    require(allocate(SIZE) == objects[i * CELLS]);
  inventory();
}
APART(last_freed_first_served)

static void small_heaps_do_not_spread(void) {
  become_new_thread();
  list_spread_bytes = LIST_SPREAD_BYTES;
  allocate_all(20 * CELLS - CELLS / 2, SIZE);
  heap_free(objects[0]);
  require(allocate(SIZE) != objects[0] && slab_of(objects[0])->state == SLAB_QUEUED);
  require(!heap_self->spread);
  while (count_get(&heap_self->carved_bytes) < LIST_SPREAD_BYTES)
    require(allocate(SIZE) != NULL);
  void *p = allocate(SIZE);
  for (unsigned i = 0; i <= CELLS; i++)
    require(allocate(SIZE) != NULL);
  require(slab_of(p)->state == SLAB_FULL);
  heap_free(p);
  require(allocate(SIZE) == p && heap_self->spread);
}
APART(small_heaps_do_not_spread)

/* A sample is due where a list ends, and a tag's place is found by the current slab. */
static void samples_do_not_spread(void) {
  large_heap();
  heap_self->user_countdown[CLASS] = 1000000;
  allocate_all(20 * CELLS, SIZE);
  heap_free(objects[0]);
  require(slab_of(objects[0])->state == SLAB_QUEUED && !heap_self->spread);
  inventory();
}
APART(samples_do_not_spread)

/* Frees n objects; the list's greatest length, and how many cells went back from it. */
static uint64_t longest_while_freeing(unsigned n, uint64_t *back) {
  uint64_t longest = 0, before = 0;
  *back = 0;
  for (unsigned i = 0; i < n; i++) {
    heap_free(objects[i]);
    if (i % 16 != 0)
      continue;
    heap_self->released_ms = os_now_ms(); /* however slow this is */
    uint64_t now = listed();
    longest = now > longest ? now : longest;
    *back += count_less(before, now);
    before = now;
  }
  return longest;
}

/* A program that frees all it has, in any order: lists stay short, slabs become empty, blocks go
 * back while it frees. */
static void free_everything(bool shuffled) {
  large_heap();
  allocate_all(MANY, SIZE);
  uint64_t slabs = inventory().slabs[CLASS][SLAB_FULL];
  if (shuffled)
    shuffle(MANY);
  uint64_t back, longest = longest_while_freeing(MANY, &back);
  require(longest > LIST_LONG && longest <= LIST_BACK + slabs * RECYCLES_FIRST);
  require(back <= MANY / 10);
  require(listed() <= RECYCLES_LEAST + CELLS);
  struct inventory v = inventory();
  require(v.slabs[CLASS][SLAB_FULL] + v.slabs[CLASS][SLAB_QUEUED] <= RECYCLES_LEAST);
  require(held_blocks(heap_self) <= 20);
}

static void freed_in_order(void) { free_everything(false); }
APART(freed_in_order)
static void freed_shuffled(void) { free_everything(true); }
APART(freed_shuffled)

static uint32_t cells_of(unsigned c) {
  bool broken;
  uint32_t n = list_length(heap_self, c, &broken);
  require(!broken);
  return n;
}

/* The first list that is found to be long closes others that are long, and they go back together; a
 * short one stays as it is. */
static void close_together(void) {
  enum { FIRST = 256, SECOND = 240, SHORT = 224 };
  enum { A = FIRST / GRAIN, B = SECOND / GRAIN, C = SHORT / GRAIN };
  large_heap();
  const struct list *l = heap_self->lists;
  for (unsigned i = 0; i < MANY; i++)
    require((objects[i] = allocate(i % 6 == 0 ? SHORT : i % 2 == 0 ? SECOND : FIRST)) != NULL);
  for (unsigned i = 0; !l[A].closed && !l[B].closed; i++)
    heap_free(objects[i]);
  require(l[A].closed && l[B].closed && cells_of(A) == 0 && cells_of(B) == 0);
  require(!l[C].closed && cells_of(C) >= LIST_BACK / 4);
  require(list_is_valid(heap_self, A) && list_is_valid(heap_self, B));
  inventory();
}
APART(close_together)

/* A closed list opens when it is cut again. */
static void opens_again(void) {
  large_heap();
  allocate_all(MANY, SIZE);
  for (unsigned i = 0; !heap_self->lists[CLASS].closed; i++)
    heap_free(objects[i]);
  require(listed() == 0);
  void *p = allocate(SIZE);
  require(!heap_self->lists[CLASS].closed && slab_recycles(slab_of(p)));
  inventory();
}
APART(opens_again)

/* Cells of a list keep slabs from being empty: they go back before a block is taken, and now and
 * then. */
static void released_before_a_block_is_taken(void) {
  large_heap();
  allocate_all(40 * CELLS, SIZE);
  for (unsigned i = 0; i < 4 * CELLS; i++) /* fewer than are measured */
    heap_free(objects[i]);
  require(listed() >= 4 * CELLS && heap_self->dirty.first == NULL);
  uint64_t blocks = count_get(&counts_of(heap_self)->total_blocks);
  while (heap_self->dirty.first == NULL)
    require(allocate(16) != NULL);
  require(count_get(&counts_of(heap_self)->total_blocks) == blocks && listed() == 0);
  inventory();
}
APART(released_before_a_block_is_taken)

static void released_now_and_then(void) {
  large_heap();
  allocate_all(40 * CELLS, SIZE);
  for (unsigned i = 0; i < 4 * CELLS; i++)
    heap_free(objects[i]);
  heap_self->released_ms -= LIST_DELAY_MS;
  list_release_if_due(heap_self, os_now_ms());
  require(listed() == 0);
  heap_free(objects[5 * CELLS]);
  list_release_if_due(heap_self, os_now_ms()); /* too early */
  require(listed() == 1);
  heap_self->released_ms -= LIST_DELAY_MS;
  list_release_if_due(heap_self, os_now_ms());
  require(listed() == 0);
  inventory();
}
APART(released_now_and_then)

/* A heap that shrinks slowly, its lists put back meanwhile, and then frees the rest. */
static void freed_slowly(void) {
  enum { LEFT = RECYCLES_LEAST - RECYCLES_FIRST }; /* fewer than are counted next */
  large_heap();
  allocate_all(MANY, SIZE);
  for (unsigned i = 0; i < MANY; i++) {
    if (i % CELLS < CELLS - LEFT)
      heap_free(objects[i]);
    if (i % CELLS == 0)
      list_release_slabs(heap_self);
  }
  for (unsigned i = 0; i < MANY; i++)
    if (i % CELLS >= CELLS - LEFT)
      heap_free(objects[i]);
  struct inventory v = inventory();
  require(v.slabs[CLASS][SLAB_FULL] + v.slabs[CLASS][SLAB_QUEUED] <= MANY / CELLS / 8);
}
APART(freed_slowly)

/* Nor do they wait for a later thread. */
static void released_at_the_end(void) {
  large_heap();
  struct heap *h = heap_self;
  allocate_all(20 * CELLS, SIZE); /* less than BUDGET_ENDED_BYTES */
  for (unsigned i = 0; i < 4 * CELLS; i++)
    heap_free(objects[i]);
  heap_thread_ended();
  require(h->head[CLASS] == NULL && h->dirty.first != NULL);
  check_all_heaps();
}
APART(released_at_the_end)

/* What the thread is known to have done keeps up, though no list was refilled. */
static void published_counts(void) {
  large_heap();
  allocate_all(MANY, SIZE);
  struct heap_totals exact, known;
  for (unsigned i = 0; i < 50 * MANY; i++) {
    unsigned k = (unsigned)(next_random(&random_state) % MANY);
    heap_free(objects[k]);
    objects[k] = allocate(SIZE);
    if (i % 1000 != 0)
      continue;
    heap_read_totals(heap_self, true, &exact);
    heap_read_totals(heap_self, false, &known);
    require(known.allocs[CLASS] <= exact.allocs[CLASS]);
    require(known.frees[CLASS] <= known.allocs[CLASS]);
    require(exact.allocs[CLASS] - known.allocs[CLASS] <= MANY);
  }
  inventory();
}
APART(published_counts)

/* Cells that nobody ever had go back: fewer frees than none are counted, and nothing is published
 * of them. */
static void counts_below_zero(void) {
  become_new_thread();
  allocate_all(CELLS + 1, SIZE);
  heap_free(objects[0]);
  heap_put_lists_back(heap_self);
  require((int64_t)count_get(&counts_of(heap_self)->freed[CLASS]) < 0);
  require(allocate(SIZE) != NULL);
  struct heap_totals known;
  heap_read_totals(heap_self, false, &known);
  require(known.allocs[CLASS] <= CELLS + 2 && known.frees[CLASS] <= 1);
  inventory();
}
APART(counts_below_zero)

/* A second free makes the list a circle, which ends the program when it is measured. */
static void free_twice(void) {
  large_heap();
  allocate_all(MANY, SIZE);
  heap_free(objects[0]);
  heap_free(objects[1]);
  heap_free(objects[0]);
  for (unsigned i = 2; i < MANY; i++)
    heap_free(objects[i]);
}
static void freed_twice(void) {
  char said[200];
  death_of(free_twice, said, sizeof said);
  require(strcmp(said, "arenashim: heap corrupted: an object was freed twice\n") == 0);
}
APART(freed_twice)

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_last_freed_first_served),
      cmocka_unit_test(test_small_heaps_do_not_spread),
      cmocka_unit_test(test_samples_do_not_spread),
      cmocka_unit_test(test_freed_in_order),
      cmocka_unit_test(test_freed_shuffled),
      cmocka_unit_test(test_close_together),
      cmocka_unit_test(test_opens_again),
      cmocka_unit_test(test_released_before_a_block_is_taken),
      cmocka_unit_test(test_released_now_and_then),
      cmocka_unit_test(test_freed_slowly),
      cmocka_unit_test(test_released_at_the_end),
      cmocka_unit_test(test_published_counts),
      cmocka_unit_test(test_counts_below_zero),
      cmocka_unit_test(test_freed_twice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
