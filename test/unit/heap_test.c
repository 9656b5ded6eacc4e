/* A heap of one thread: requests, slab states, counters.
 *
 * The tests share a process and its heap, so each compares with how it found it.
 */
#include "heap_objects.h"

/* ---- requests ---- */

/* All sizes 0..511, several objects of each alive at a time, in shuffled order of frees. */
static void test_every_size(void **state) {
  (void)state;
  enum { EACH = 20, COUNT = (SMALL_MAX + 1) * EACH };
  for (unsigned i = 0; i < COUNT; i++) {
    size_t n = i % (SMALL_MAX + 1);
    objects[i] = allocate(n);
    require(objects[i] != NULL && (uintptr_t)objects[i] % GRAIN == 0);
    require(range_holds(objects[i]));
    require(heap_usable(objects[i], "test", NULL) == class_bytes(request_class(n)));
    fill(objects[i], n, (unsigned char)(i % 251));
  }
  check_all_heaps();
  for (unsigned k = 0; k < COUNT; k++) {
    unsigned i = k * 7919 % COUNT;
    require(is_filled(objects[i], i % (SMALL_MAX + 1), (unsigned char)(i % 251)));
    heap_free(objects[i]);
  }
  check_all_heaps();
}

static int by_address(const void *a, const void *b) {
  const unsigned char *const *x = a, *const *y = b;
  return *x < *y ? -1 : *x > *y;
}

static void test_no_overlap(void **state) {
  (void)state;
  for (size_t n = 0; n <= SMALL_MAX; n += 73) {
    allocate_all(5000, n);
    qsort(objects, 5000, sizeof objects[0], by_address);
    for (unsigned i = 1; i < 5000; i++)
      require((char *)objects[i] - (char *)objects[i - 1] >=
              (ptrdiff_t)class_bytes(request_class(n)));
    free_all(5000);
  }
}

/* The object freed last is served first only when its list is cut again: no order is promised,
 * but a freed object comes back before anything new is carved. */
static void test_freed_before_carved(void **state) {
  (void)state;
  allocate_all(2000, 100);
  free_all(2000);
  uint64_t carved = count_get(&counts_of(heap_self)->carved_peak);
  for (unsigned round = 0; round < 50; round++) {
    allocate_all(2000, 100);
    free_all(2000);
  }
  require(count_get(&counts_of(heap_self)->carved_peak) == carved);
}

/* ---- slab states ---- */

static void test_states(void **state) {
  (void)state;
  const unsigned c = 32, capacity = SLAB_BYTES / 512;
  become_new_thread();
  allocate_all(3 * capacity, 512 - 1);
  struct slab *s = slab_of(objects[0]);
  require(s->state == SLAB_FULL && inventory().slabs[c][SLAB_FULL] == 2);
  heap_free(objects[0]); /* the first free puts it into the queue */
  require(s->state == SLAB_QUEUED && heap_self->queue[c].first == s);
  require(inventory().slabs[c][SLAB_QUEUED] == 1);
  for (unsigned i = 1; i < capacity; i++) /* the last one empties it */
    heap_free(objects[i]);
  require(s->state == SLAB_EMPTY && s->dirty && s->class == 0);
  require(inventory().slabs[0][true] == 1);
  heap_free(objects[capacity]); /* first freed, first cut from */
  struct slab *second = slab_of(objects[capacity]);
  require(second->state == SLAB_QUEUED);
  while (heap_self->current[c] != second)
    require(allocate(511) != NULL);
  require(second->state == SLAB_CURRENT && s->state == SLAB_EMPTY);
  inventory();
  require(allocate(511) != NULL); /* then the empty one, before a fresh one */
  require(s->state == SLAB_CURRENT);
  inventory();
}

/* A queue serves its slabs in the order of their first frees. */
static void test_queue_order(void **state) {
  (void)state;
  enum { CAPACITY = SLAB_BYTES / 512 };
  become_new_thread();
  allocate_all(6 * CAPACITY, 500);
  static const unsigned order[] = {3, 0, 4, 1};
  for (unsigned i = 0; i < 4; i++)
    heap_free(objects[order[i] * CAPACITY]);
  const struct slab *s = heap_self->queue[32].first;
  for (unsigned i = 0; i < 4; i++, s = s->next)
    require(s == slab_of(objects[order[i] * CAPACITY]));
  inventory();
}

/* A heap plays owner, another frees its objects: `to` is the one that goes on. */
static void free_as(struct heap *other, unsigned n, struct heap *to) {
  heap_self = other;
  free_all(n);
  heap_self = to;
}

/* What others freed is collected before a new slab is taken. */
static void test_mail_before_a_new_slab(void **state) {
  (void)state;
  struct heap *owner = become_new_thread(), *other = become_new_thread();
  heap_self = owner;
  allocate_all(128 * 2, 500);
  while (heap_self->head[32] != NULL || heap_self->current[32]->carved < 128)
    objects[0] = allocate(500); /* to the end of a slab */
  struct slab *s = heap_self->current[32];
  unsigned n = 0;
  for (unsigned i = 0; i < s->carved; i++)
    objects[n++] = slab_cell(s, i);
  free_as(other, n, owner);
  require(mail_count(s) == n);
  require(slab_of(allocate(500)) == s && mail_count(s) == 1);
  heap_collect(owner);
  require(mail_count(s) == 0);
  inventory();
}

/* A list that is used up takes its own slab's mail, and leaves a cell, so that the slab need not be
 * posted again; other slabs' mail waits until there is no such cell to be had. */
static void test_own_mail_first(void **state) {
  (void)state;
  struct heap *owner = become_new_thread(), *other = become_new_thread();
  heap_self = owner;
  allocate_all(65, 64); /* a carve's, and one more of another */
  void *elsewhere = allocate(300);
  while (owner->head[4] != NULL)
    allocate(64);
  struct slab *s = slab_of(objects[0]);
  free_as(other, 65, owner);
  heap_self = other;
  heap_free(elsewhere);
  heap_self = owner;
  for (unsigned i = 0; i < 64; i++)
    require(slab_of(allocate(64)) == s);
  require(mail_count(s) == 1 && mail_count(slab_of(elsewhere)) == 1);
  check_invariants(owner);
  allocate(64);
  require(mail_count(s) == 0 && mail_count(slab_of(elsewhere)) == 0);
  inventory();
}

/* Every step of a random walk leaves the heap sound. */
static void test_invariants_at_every_step(void **state) {
  (void)state;
  uint64_t random = 42;
  unsigned held = 0;
  become_new_thread();
  for (unsigned step = 0; step < 4000; step++) {
    bool grow = step / 500 % 2 == 0;
    for (unsigned i = 0; i < 3; i++)
      if (held == 0 || (next_random(&random) % 8 < 6) == grow) {
        objects[held++] = allocate(next_random(&random) % 4 * 160);
      } else {
        unsigned k = (unsigned)(next_random(&random) % held);
        heap_free(objects[k]);
        objects[k] = objects[--held];
      }
    inventory();
  }
  free_all(held);
  inventory();
}

/* ---- counters ---- */

/* The heap's totals against the test's own books. */
static void test_counters_are_exact(void **state) {
  (void)state;
  static uint64_t allocs[CLASS_SLOTS], frees[CLASS_SLOTS];
  static size_t sizes[MANY];
  uint64_t random = 7;
  unsigned held = 0;
  struct heap_totals before = totals_of_all();
  for (unsigned step = 0; step < 100000; step++) {
    if (held == 0 || (held < MANY && next_random(&random) % 100 < (step < 50000 ? 60 : 40))) {
      sizes[held] = next_random(&random) % (SMALL_MAX + 1);
      objects[held] = allocate(sizes[held]);
      allocs[request_class(sizes[held++])]++;
    } else {
      unsigned k = (unsigned)(next_random(&random) % held--);
      heap_free(objects[k]);
      frees[request_class(sizes[k])]++;
      objects[k] = objects[held];
      sizes[k] = sizes[held];
    }
    if (step % 10000 != 0)
      continue;
    struct heap_totals now = totals_of_all();
    for (unsigned c = 1; c < CLASS_SLOTS; c++) {
      require(now.allocs[c] - before.allocs[c] == allocs[c]);
      require(now.frees[c] - before.frees[c] == frees[c]);
      require(now.remote[c] == before.remote[c]);
    }
  }
  free_all(held);
  check_all_heaps();
}

/* As of the last slow path: never more than the truth, at most a list's length behind. */
static void test_published_counters(void **state) {
  (void)state;
  struct heap_totals exact, published;
  become_new_thread();
  for (unsigned i = 0; i < 3000; i++) {
    objects[i] = allocate(48);
    if (i % 3 == 2)
      heap_free(objects[i - 1]);
    heap_read_totals(heap_self, true, &exact);
    heap_read_totals(heap_self, false, &published);
    require(published.allocs[3] <= exact.allocs[3] && published.frees[3] <= exact.frees[3]);
    require(published.frees[3] <= published.allocs[3]);
    require(exact.allocs[3] == i + 1 && exact.frees[3] == (i + 1) / 3);
    require(exact.allocs[3] - published.allocs[3] <= SLAB_BYTES / 48);
  }
}

static void test_corrupt_list_is_told(void **state) {
  (void)state;
  struct heap_totals t;
  struct heap *h = become_new_thread();
  allocate_all(3, 64);
  struct cell *saved = h->head[4]->next;
  h->head[4]->next = (struct cell *)objects;
  heap_read_totals(h, true, &t);
  require(t.broken_lists == 1);
  h->head[4]->next = saved;
  heap_read_totals(h, true, &t);
  require(t.broken_lists == 0);
}

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_size),           cmocka_unit_test(test_no_overlap),
      cmocka_unit_test(test_freed_before_carved),  cmocka_unit_test(test_states),
      cmocka_unit_test(test_queue_order),          cmocka_unit_test(test_mail_before_a_new_slab),
      cmocka_unit_test(test_own_mail_first),       cmocka_unit_test(test_invariants_at_every_step),
      cmocka_unit_test(test_counters_are_exact),   cmocka_unit_test(test_published_counters),
      cmocka_unit_test(test_corrupt_list_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
