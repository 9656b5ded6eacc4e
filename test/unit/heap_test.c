/* A heap of one thread: requests, slab states, counters, memory given back, death messages.
 *
 * The tests share a process and its heap, so each compares with how it found it; those that
 * need a range of their own, or end it, run in a child.
 */
#include "heap_setup.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

enum { MANY = 60000 };

static unsigned char *objects[MANY];

static void allocate_all(unsigned n, size_t size) {
  for (unsigned i = 0; i < n; i++)
    require((objects[i] = allocate(size)) != NULL);
}

static void free_all(unsigned n) {
  for (unsigned i = 0; i < n; i++)
    heap_free(objects[i]);
}

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
      require(objects[i] - objects[i - 1] >= (ptrdiff_t)class_bytes(request_class(n)));
    free_all(5000);
  }
}

/* The object freed last is served first only when its list is cut again: no order is promised,
 * but a freed object comes back before anything new is carved. */
static void test_freed_before_carved(void **state) {
  (void)state;
  allocate_all(2000, 100);
  free_all(2000);
  uint64_t carved = count_get(&heap_self->carved_peak);
  for (unsigned round = 0; round < 50; round++) {
    allocate_all(2000, 100);
    free_all(2000);
  }
  require(count_get(&heap_self->carved_peak) == carved);
}

/* ---- slab states ---- */

static struct inventory inventory(void) { return check_invariants(heap_self); }

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
  trim_own(); /* sends what is gathered */
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
    objects[n++] = (unsigned char *)slab_cell(s, i);
  free_as(other, n, owner);
  require(mail_count(s) == n);
  require(slab_of(allocate(500)) == s && mail_count(s) == 0);
  inventory();
}

/* A thread that needs a new slab sends what it has gathered for others first. */
static void test_batches_before_a_new_slab(void **state) {
  (void)state;
  struct heap *owner = become_new_thread();
  allocate_all(5, 300);
  become_new_thread();
  free_all(5);
  require(mail_count(slab_of(objects[0])) == 0);
  objects[5] = allocate(500); /* the class's first */
  require(mail_count(slab_of(objects[0])) == 5);
  check_invariants(owner);
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

/* ---- memory given back ---- */

static uint64_t resident_bytes(void) {
  static unsigned char pages[1 << 16];
  uint64_t n = 0;
  size_t step = sizeof pages * PAGE_BYTES;
  for (uintptr_t at = 0; at < range_span(); at += step) {
    size_t bytes = range_span() - at < step ? range_span() - at : step;
    require(mincore((void *)(range.base + at), bytes, pages) == 0);
    for (size_t i = 0; i < bytes / PAGE_BYTES; i++)
      n += pages[i] & 1;
  }
  return n * PAGE_BYTES;
}

static void sleep_ms(long ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* At once, what is above the limit; after the delay, in a slow path, all of it. */
static void give_back(void) {
  struct heap *h = become_new_thread();
  allocate_all(MANY, 500); /* 30 MB */
  require(resident_bytes() > 28 << 20);
  uint64_t blocks = held_blocks(h);
  free_all(MANY);
  require(h->dirty_bytes <= EMPTY_KEEP_BYTES && h->dirty_bytes > 0);
  require(resident_bytes() <= EMPTY_KEEP_BYTES + 4 * SLAB_BYTES);
  require(held_blocks(h) < 4 && count_get(&h->total_blocks) >= blocks);
  check_all_heaps();
  for (unsigned i = 0; i < 64 * 40; i++) /* too early */
    heap_free(allocate(0)), objects[i] = allocate(0);
  require(h->dirty_bytes > 0);
  sleep_ms(EMPTY_DELAY_MS + 30);
  for (unsigned i = 0; i < 64 * 80; i++)
    objects[i] = allocate(0);
  require(h->dirty_bytes == 0);
  check_all_heaps();
}

/* A quarter of what is carved may stay empty where that is more. */
static void keep_share(void) {
  struct heap *h = become_new_thread();
  allocate_all(MANY, 500);
  free_all(MANY / 2);
  uint64_t carved = count_get(&h->carved_bytes);
  require(h->dirty_bytes <= carved / EMPTY_KEEP_SHARE);
  require(h->dirty_bytes > carved / EMPTY_KEEP_SHARE - BLOCK_BYTES_DEFAULT);
  check_all_heaps();
}

/* Slabs that lie among living ones are purged too, one by one. */
static void give_back_scattered(void) {
  struct heap *h = become_new_thread();
  allocate_all(MANY, 500);
  for (unsigned i = 0; i < MANY; i++)
    if (i / 131 % 16 != 0)
      heap_free(objects[i]);
  struct inventory v = check_invariants(h);
  require(v.slabs[0][false] > 100 && h->dirty_bytes <= keep_limit_of(h));
  require(resident_bytes() <= v.carved_bytes + h->dirty_bytes + 64 * SLAB_BYTES / 8);
  allocate_all(1, 0);
  trim_own();
  v = check_invariants(h);
  require(v.slabs[0][true] == 0 && h->dirty_bytes == 0);
  check_all_heaps();
  allocate_all(MANY / 2, 200); /* clean slabs serve again */
  check_all_heaps();
}

static void trim_returns_everything(void) {
  struct heap *h = become_new_thread();
  allocate_all(MANY, 300);
  free_all(MANY);
  trim_own();
  require(h->dirty_bytes == 0);
  require(held_blocks(h) <= 2); /* of the two current slabs */
  require(resident_bytes() <= 4 * SLAB_BYTES);
  check_all_heaps();
  struct survey v;
  range_survey(&v);
  require(v.free_block_bytes >= v.span_bytes - 2 * BLOCK_BYTES_DEFAULT);
}

/* Trim reaches heaps that no thread has. */
static void trim_idle(void) {
  struct heap *other = become_new_thread();
  allocate_all(MANY, 300);
  free_all(MANY);
  heap_lend_back(other);
  heap_self = (struct heap *)&heap_none;
  require(other->dirty_bytes > 0);
  heap_trim();
  require(other->dirty_bytes == 0 && heap_thread(heap_number(other)) == 0);
  check_all_heaps();
}

/* A block given back serves another heap, and its pages read as zero. */
static void blocks_move_between_heaps(void) {
  struct heap *first = become_new_thread();
  allocate_all(MANY, 500);
  uintptr_t span = range_span();
  free_all(MANY);
  trim_own();
  struct heap *second = become_new_thread();
  require(second != first);
  allocate_all(MANY - 3 * 2048, 500);
  require(range_span() == span);
  check_all_heaps();
}

/* Freeing does not lose errno, nor does asking the kernel. */
static void test_errno_is_kept(void **state) {
  (void)state;
  errno = 77;
  allocate_all(MANY, 500);
  free_all(MANY);
  heap_trim();
  require(errno == 77);
}

/* ---- death ---- */

static char said[512];
static void *culprit;

/* "arenashim: ENTRY(CULPRIT) called from SITE: REST" with any site. */
static void expect_said(const char *entry, const char *rest) {
  char start[128];
  snprintf(start, sizeof start, "arenashim: %s(%p) called from 0x", entry, culprit);
  require(strncmp(said, start, strlen(start)) == 0);
  const char *after = strchr(said + strlen(start), ':');
  require(after != NULL && after[1] == ' ');
  if (strcmp(after + 2, rest) != 0)
    print_error("said:     %sexpected: %s", after + 2, rest);
  require(strcmp(after + 2, rest) == 0);
}

static const char *text_about(const char *words, const void *object) {
  static char text[256];
  snprintf(text, sizeof text, "%s-byte object at %p of arena %u\n", words, object,
           heap_number(heap_self));
  return text;
}

static void free_culprit(void) { heap_free(culprit); }
static void free_culprit_twice(void) {
  heap_free(culprit);
  heap_free(culprit);
}

static void test_double_free_at_head(void **state) {
  (void)state;
  culprit = allocate(100);
  death_of(free_culprit_twice, said, sizeof said);
  expect_said("free", text_about("double free of the 112", culprit));
  heap_free(culprit);
}

static void test_double_free_in_emptied_slab(void **state) {
  (void)state;
  char expected[160];
  become_new_thread();
  allocate_all(400, 500);
  free_all(400);
  culprit = objects[5];
  require(slab_of(culprit)->state == SLAB_EMPTY);
  death_of(free_culprit, said, sizeof said);
  snprintf(expected, sizeof expected,
           "double free or stray pointer: every object near it was freed before of arena %u\n",
           heap_number(heap_self));
  expect_said("free", expected);
}

/* The owner's block is gone too. */
static void test_double_free_in_given_block(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(MANY, 500);
  free_all(MANY);
  trim_own();
  culprit = objects[MANY / 2];
  require(slab_of(culprit)->owner == NULL);
  death_of(free_culprit, said, sizeof said);
  expect_said("free", "double free or stray pointer: every object near it was freed before\n");
}

/* All of a current slab's objects free, one of them again: the count can't go below none. */
static void free_more_than_used(void) {
  for (unsigned i = 0; i < 64; i++)
    heap_free(objects[i]);
  heap_free(objects[3]);
}
static void test_double_free_below_none(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(64, 64);
  require(heap_self->head[4] == NULL);
  culprit = objects[3];
  death_of(free_more_than_used, said, sizeof said);
  expect_said("free", text_about("double free of the 64", culprit));
}

/* The first free after a refill is looked at thoroughly. */
static void test_interior_pointer(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(10, 100);
  culprit = objects[4] + 48;
  death_of(free_culprit, said, sizeof said);
  expect_said("free", text_about("the pointer is 48 bytes inside the 112", objects[4]));
}

/* An object of a full slab: its first free is looked at too. */
static void test_interior_pointer_of_full_slab(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(400, 500);
  culprit = objects[7] + 8;
  death_of(free_culprit, said, sizeof said);
  expect_said("free", text_about("the pointer is 8 bytes inside the 512", objects[7]));
}

static void test_never_handed_out(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(1, 500);
  culprit = objects[0] + 100 * 512;
  death_of(free_culprit, said, sizeof said);
  char rest[80];
  snprintf(rest, sizeof rest, "this memory was never handed out of arena %u\n",
           heap_number(heap_self));
  expect_said("free", rest);
}

static void measure_culprit(void) { heap_usable(culprit, "malloc_usable_size", (void *)0x1234); }
static void test_usable_of_interior_pointer(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(3, 200);
  culprit = objects[1] + 16;
  death_of(measure_culprit, said, sizeof said);
  expect_said("malloc_usable_size",
              text_about("the pointer is 16 bytes inside the 208", objects[1]));
  require(strstr(said, "called from 0x1234: ") != NULL);
}

/* Frees by a thread that is not the owner. */
static void test_remote_faults(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(10, 100);
  const struct heap *owner = heap_self;
  become_new_thread();
  char rest[160];
  culprit = objects[4] + 48;
  death_of(free_culprit, said, sizeof said);
  snprintf(rest, sizeof rest,
           "the pointer is 48 bytes inside the 112-byte object at %p of arena %u\n",
           (void *)objects[4], heap_number(owner));
  expect_said("free", rest);
  culprit = objects[4];
  death_of(free_culprit_twice, said, sizeof said);
  snprintf(rest, sizeof rest, "double free of the 112-byte object at %p of arena %u\n", culprit,
           heap_number(owner));
  expect_said("free", rest);
}

/* A free list that points to itself, seen when it becomes the thread's list. */
static void refill_from_circle(void) {
  for (unsigned i = 0; i < 64; i++)
    allocate(64);
}
static void test_circle_in_free_list(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(64, 64);
  heap_free(objects[0]);
  heap_free(objects[1]);
  ((struct cell *)objects[1])->next = (struct cell *)objects[1];
  death_of(refill_from_circle, said, sizeof said);
  require(strcmp(said, "arenashim: heap corrupted: an object was freed twice\n") == 0);
  ((struct cell *)objects[1])->next = (struct cell *)objects[0];
}

#define APART(body)                                                                                \
  static void test_##body(void **state) {                                                          \
    (void)state;                                                                                   \
    in_child(body);                                                                                \
  }
APART(give_back)
APART(keep_share)
APART(give_back_scattered)
APART(trim_returns_everything)
APART(trim_idle)
APART(blocks_move_between_heaps)

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_give_back),
      cmocka_unit_test(test_keep_share),
      cmocka_unit_test(test_give_back_scattered),
      cmocka_unit_test(test_trim_returns_everything),
      cmocka_unit_test(test_trim_idle),
      cmocka_unit_test(test_blocks_move_between_heaps),
      cmocka_unit_test(test_every_size),
      cmocka_unit_test(test_no_overlap),
      cmocka_unit_test(test_freed_before_carved),
      cmocka_unit_test(test_states),
      cmocka_unit_test(test_queue_order),
      cmocka_unit_test(test_mail_before_a_new_slab),
      cmocka_unit_test(test_batches_before_a_new_slab),
      cmocka_unit_test(test_invariants_at_every_step),
      cmocka_unit_test(test_counters_are_exact),
      cmocka_unit_test(test_published_counters),
      cmocka_unit_test(test_corrupt_list_is_told),
      cmocka_unit_test(test_errno_is_kept),
      cmocka_unit_test(test_double_free_at_head),
      cmocka_unit_test(test_double_free_in_emptied_slab),
      cmocka_unit_test(test_double_free_in_given_block),
      cmocka_unit_test(test_double_free_below_none),
      cmocka_unit_test(test_interior_pointer),
      cmocka_unit_test(test_interior_pointer_of_full_slab),
      cmocka_unit_test(test_never_handed_out),
      cmocka_unit_test(test_usable_of_interior_pointer),
      cmocka_unit_test(test_remote_faults),
      cmocka_unit_test(test_circle_in_free_list),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
