/* Objects freed by other threads than their owners: mail, exact counts. */
#include "tally.h"

#include <semaphore.h>

enum { WORKERS = 4, ROUNDS = 30000, SLOTS = 256 };

/* ---- objects that go round ---- */

static _Atomic(void *) slots[SLOTS];

static void *pass_round(void *books) {
  struct tally *b = books;
  uint64_t random = (uintptr_t)b | 1;
  for (unsigned i = 0; i < ROUNDS; i++) {
    size_t n = next_random(&random) % (SMALL_MAX + 1);
    void *p = book_alloc(b, i / 1000 % 2 == 0 ? n : 500);
    p = atomic_exchange(&slots[next_random(&random) % SLOTS], p);
    if (p != NULL)
      book_free(b, p);
  }
  heap_thread_ended();
  return NULL;
}

static void drain_slots(struct tally *b) {
  for (unsigned i = 0; i < SLOTS; i++) {
    void *p = atomic_exchange(&slots[i], NULL);
    if (p != NULL)
      book_free(b, p);
  }
}

static void test_objects_go_round(void **state) {
  (void)state;
  static struct tally books[WORKERS], sum;
  start = totals_of_all();
  uint64_t remote = remote_frees();
  in_threads(WORKERS, pass_round, books);
  for (unsigned i = 0; i < WORKERS; i++)
    add_books(&sum, &books[i]);
  heap_claim_idle();
  expect_books(&sum);
  check_all_heaps();
  heap_release_idle();
  require(remote_frees() > remote);
  drain_slots(&sum);
  heap_trim();
  expect_books(&sum);
  check_all_heaps();
}

/* ---- one gives, another frees ---- */

enum { GIVEN = 20000 };
static void *given[GIVEN];
static sem_t produced, freed, go_on;

static void *produce(void *books) {
  for (unsigned i = 0; i < GIVEN; i++)
    given[i] = book_alloc(books, i % 300);
  sem_post(&produced);
  sem_wait(&freed); /* alive, blocked: its mail waits */
  for (unsigned i = 0; i < GIVEN; i++) {
    given[i] = book_alloc(books, i % 300);
    book_free(books, given[i]);
  }
  heap_thread_ended();
  return NULL;
}

static void *consume(void *books) {
  sem_wait(&produced);
  for (unsigned i = 0; i < GIVEN; i++)
    book_free(books, given[i]);
  sem_post(&freed);
  sem_wait(&go_on); /* alive, blocked: it strands nothing */
  heap_thread_ended();
  return NULL;
}

static void test_a_blocked_thread_strands_nothing(void **state) {
  (void)state;
  static struct tally books[2], sum;
  pthread_t producer, consumer;
  sem_init(&produced, 0, 0);
  sem_init(&freed, 0, 0);
  sem_init(&go_on, 0, 0);
  start = totals_of_all();
  uint64_t blocks = block_count();
  require(pthread_create(&producer, NULL, produce, &books[0]) == 0);
  require(pthread_create(&consumer, NULL, consume, &books[1]) == 0);
  pthread_join(producer, NULL); /* the consumer is blocked, or about to */
  add_books(&sum, &books[0]);
  add_books(&sum, &books[1]);
  expect_books(&sum);
  sem_post(&go_on);
  pthread_join(consumer, NULL);
  expect_books(&sum);
  check_all_heaps();
  require(block_count() - blocks < 2 * (GIVEN * 160 >> 20) + 40);
}

/* ---- ended threads' objects ---- */

static void *give_and_end(void *books) {
  for (unsigned i = 0; i < GIVEN; i++)
    given[i] = book_alloc(books, 300 + i % 200);
  heap_thread_ended();
  return NULL;
}

static uint64_t blocks_of_all(void) {
  uint64_t n = 0;
  for (unsigned i = 0; i < heap_count(); i++)
    n += held_blocks(heap_at(i));
  return n;
}

/* What a thread left, once it is freed, goes back before another thread takes its second block. */
static void test_a_block_from_what_ended_threads_left(void **state) {
  (void)state;
  static struct tally books[1];
  start = totals_of_all();
  book_free(&books[0], book_alloc(&books[0], 16)); /* a heap of its own */
  heap_trim();
  in_threads(1, give_and_end, books);
  uint64_t blocks = blocks_of_all();
  for (unsigned i = 0; i < GIVEN; i++)
    book_free(books, given[i]);
  check_all_heaps();
  for (unsigned i = 0; i < GIVEN; i++)
    given[i] = book_alloc(books, 300 + i % 200);
  require(blocks > 5 && blocks_of_all() <= blocks + 1);
  for (unsigned i = 0; i < GIVEN; i++)
    book_free(books, given[i]);
  expect_books(books);
  check_all_heaps();
}

/* ---- a thread without a heap ---- */

/* A thread that never allocated frees: no heap is made for it. */
static void *only_free(void *books) {
  for (unsigned i = 0; i < 1000; i++)
    book_free(books, given[i]);
  require(heap_self == &heap_none);
  heap_thread_ended();
  return NULL;
}

static void test_frees_without_a_heap(void **state) {
  (void)state;
  static struct tally books[1];
  start = totals_of_all();
  for (unsigned i = 0; i < 1000; i++)
    given[i] = book_alloc(&books[0], i % 512);
  unsigned heaps = heap_count();
  uint64_t remote = remote_frees();
  in_threads(1, only_free, books);
  require(heap_count() == heaps && remote_frees() == remote + 1000);
  expect_books(&books[0]);
  check_all_heaps();
  trim_own();
  require(remote_frees() == remote + 1000);
  expect_books(&books[0]);
}

/* ---- reports meanwhile ---- */

/* Readers of published counters, holders and trimmers beside busy threads. */
static _Atomic bool stop;

static void *read_on(void *unused) {
  (void)unused;
  while (!atomic_load(&stop)) {
    struct heap_totals t;
    heap_claim_idle();
    for (unsigned i = 0; i < heap_count(); i++) {
      heap_read_totals(heap_at(i), heap_is_claimed(heap_at(i)), &t);
      for (unsigned c = 1; c < CLASS_SLOTS; c++)
        require(t.allocs[c] >= t.frees[c]);
    }
    heap_release_idle();
    heap_trim();
    sched_yield();
  }
  heap_thread_ended();
  return NULL;
}

static void test_reports_beside_busy_threads(void **state) {
  (void)state;
  static struct tally books[WORKERS], sum;
  pthread_t reader;
  start = totals_of_all();
  require(pthread_create(&reader, NULL, read_on, NULL) == 0);
  for (unsigned round = 0; round < 2; round++)
    in_threads(WORKERS, pass_round, books);
  atomic_store(&stop, true);
  pthread_join(reader, NULL);
  for (unsigned i = 0; i < WORKERS; i++)
    add_books(&sum, &books[i]);
  drain_slots(&sum);
  heap_trim();
  expect_books(&sum);
  check_all_heaps();
}

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_objects_go_round),
      cmocka_unit_test(test_a_blocked_thread_strands_nothing),
      cmocka_unit_test(test_a_block_from_what_ended_threads_left),
      cmocka_unit_test(test_frees_without_a_heap),
      cmocka_unit_test(test_reports_beside_busy_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
