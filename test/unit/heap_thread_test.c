/* Heaps of many threads: objects freed elsewhere, threads that end, heaps handed on, exact counts.
 *
 *   heap_thread_test [THREADS]         default 3000 short threads
 */
#include "heap_setup.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/prctl.h>

enum { WORKERS = 4, ROUNDS = 30000, SLOTS = 256 };

/* ---- books: what each thread did, added up when it has ended ---- */

struct books {
  uint64_t allocs[CLASS_SLOTS];
  uint64_t frees[CLASS_SLOTS];
};

static void add_books(struct books *sum, const struct books *b) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    sum->allocs[c] += b->allocs[c];
    sum->frees[c] += b->frees[c];
  }
}

static unsigned char byte_of(const void *p) { return (unsigned char)((uintptr_t)p >> 4); }

/* While another thread grows the range a request may be refused; never for long. */
static void *book_alloc(struct books *b, size_t n) {
  void *p;
  while ((p = allocate(n)) == NULL)
    ;
  fill(p, class_bytes(request_class(n)), byte_of(p));
  b->allocs[request_class(n)]++;
  return p;
}

static void book_free(struct books *b, void *p) {
  size_t n = heap_usable(p, "test", NULL);
  require(is_filled(p, n, byte_of(p)));
  b->frees[class_of(n)]++;
  heap_free(p);
}

static struct heap_totals start;

static void expect_books(const struct books *b) {
  struct heap_totals t = totals_of_all();
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    require(t.allocs[c] - start.allocs[c] == b->allocs[c]);
    require(t.frees[c] - start.frees[c] == b->frees[c]);
  }
}

static void in_threads(unsigned n, void *(*body)(void *), struct books *books) {
  pthread_t thread[64];
  for (unsigned i = 0; i < n; i++)
    require(pthread_create(&thread[i], NULL, body, &books[i]) == 0);
  for (unsigned i = 0; i < n; i++)
    pthread_join(thread[i], NULL);
}

static uint64_t remote_frees(void) {
  uint64_t n = 0;
  struct heap_totals t = totals_of_all();
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    n += t.remote[c];
  return n;
}

/* ---- objects that go round ---- */

static _Atomic(void *) slots[SLOTS];

static void *pass_round(void *books) {
  struct books *b = books;
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

static void drain_slots(struct books *b) {
  for (unsigned i = 0; i < SLOTS; i++) {
    void *p = atomic_exchange(&slots[i], NULL);
    if (p != NULL)
      book_free(b, p);
  }
}

static void test_objects_go_round(void **state) {
  (void)state;
  static struct books books[WORKERS], sum;
  start = totals_of_all();
  uint64_t remote = remote_frees();
  in_threads(WORKERS, pass_round, books);
  for (unsigned i = 0; i < WORKERS; i++)
    add_books(&sum, &books[i]);
  heap_hold_idle();
  expect_books(&sum);
  check_all_heaps();
  heap_let_go();
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
  sem_wait(&go_on); /* alive, blocked: what it can strand is bounded */
  heap_thread_ended();
  return NULL;
}

/* Frees in the batches of threads that have not sent them. */
static uint64_t in_batches(void) {
  uint64_t n = 0;
  for (unsigned i = 0; i < heap_count(); i++)
    for (unsigned k = 0; k < BATCHES; k++)
      n += heap_at(i)->batch[k].slab != NULL ? heap_at(i)->batch[k].cells : 0;
  return n;
}

static void test_stranded_frees_are_bounded(void **state) {
  (void)state;
  static struct books books[2], sum;
  pthread_t producer, consumer;
  sem_init(&produced, 0, 0);
  sem_init(&freed, 0, 0);
  sem_init(&go_on, 0, 0);
  start = totals_of_all();
  uint64_t blocks = block_count();
  require(pthread_create(&producer, NULL, produce, &books[0]) == 0);
  require(pthread_create(&consumer, NULL, consume, &books[1]) == 0);
  pthread_join(producer, NULL); /* the consumer is blocked, or about to */
  require(in_batches() <= BATCHES * BATCH_CELLS);
  struct heap_totals t = totals_of_all();
  uint64_t missing = 0;
  add_books(&sum, &books[0]);
  add_books(&sum, &books[1]);
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    missing += sum.frees[c] - (t.frees[c] - start.frees[c]);
  require(missing == in_batches() && missing < BATCHES * BATCH_CELLS);
  sem_post(&go_on);
  pthread_join(consumer, NULL);
  require(in_batches() == 0);
  expect_books(&sum);
  check_all_heaps();
  require(block_count() - blocks < 2 * (GIVEN * 160 >> 20) + 40);
}

/* ---- threads that end ---- */

enum { KEPT = 5, SHORT_AT_A_TIME = 4 };
static unsigned short_threads = 3000;
static _Atomic(void *) kept[SHORT_AT_A_TIME * KEPT];
static _Atomic unsigned next_kept;

static void *live_shortly(void *books) {
  struct books *b = books;
  void *mine[40];
  uint64_t random = (uintptr_t)&mine;
  for (unsigned i = 0; i < 40; i++)
    mine[i] = book_alloc(b, next_random(&random) % (SMALL_MAX + 1));
  for (unsigned i = 0; i < 40 - KEPT; i++)
    book_free(b, mine[i]);
  for (unsigned i = 40 - KEPT; i < 40; i++) { /* these outlive it */
    void *old =
        atomic_exchange(&kept[atomic_fetch_add(&next_kept, 1) % (SHORT_AT_A_TIME * KEPT)], mine[i]);
    if (old != NULL)
      book_free(b, old);
  }
  heap_thread_ended();
  return NULL;
}

static void test_short_threads(void **state) {
  (void)state;
  static struct books sum;
  unsigned heaps = heap_count();
  start = totals_of_all();
  uint64_t blocks = 0;
  for (unsigned i = 0; i < short_threads; i += SHORT_AT_A_TIME) {
    struct books books[SHORT_AT_A_TIME] = {0};
    in_threads(SHORT_AT_A_TIME, live_shortly, books);
    for (unsigned k = 0; k < SHORT_AT_A_TIME; k++)
      add_books(&sum, &books[k]);
    if (i == short_threads / 10 / SHORT_AT_A_TIME * SHORT_AT_A_TIME)
      blocks = block_count();
  }
  require(heap_count() <= heaps + SHORT_AT_A_TIME);
  require(block_count() <= blocks + SHORT_AT_A_TIME);
  for (unsigned i = 0; i < SHORT_AT_A_TIME * KEPT; i++)
    book_free(&sum, atomic_exchange(&kept[i], NULL));
  heap_trim();
  expect_books(&sum);
  check_all_heaps();
}

/* A heap handed on: its lists go on where they were, it counts whom it served and has the name of
 * the last one. */
static struct heap *seen_heap;
static void *seen_objects[3];

static void *name_and_leave(void *books) {
  prctl(PR_SET_NAME, "first thread");
  seen_objects[0] = book_alloc(books, 100);
  seen_objects[1] = book_alloc(books, 100);
  seen_heap = heap_self;
  heap_thread_ended();
  return NULL;
}

static void *go_on_there(void *books) {
  seen_objects[2] = book_alloc(books, 100);
  require(heap_self == seen_heap && heap_thread(heap_number(heap_self)) == os_thread_id());
  book_free(books, seen_objects[0]); /* now its own */
  heap_thread_ended();
  return NULL;
}

static void test_heap_is_handed_on(void **state) {
  (void)state;
  struct books books[2] = {0};
  pthread_t thread;
  heap_hold_idle(); /* so that the first one gets a new heap */
  unsigned heaps = heap_count();
  require(pthread_create(&thread, NULL, name_and_leave, &books[0]) == 0);
  pthread_join(thread, NULL);
  require(heap_count() == heaps + 1 && seen_heap == heap_at(heaps));
  require(strcmp(seen_heap->name, "first thread") == 0 && seen_heap->threads == 1);
  require(heap_thread(heaps) == 0);
  require(pthread_create(&thread, NULL, go_on_there, &books[1]) == 0);
  pthread_join(thread, NULL);
  require(heap_count() == heaps + 1 && seen_heap->threads == 2);
  require((char *)seen_objects[2] - (char *)seen_objects[1] == 112);
  heap_let_go();
  heap_free(seen_objects[1]);
  heap_free(seen_objects[2]);
  heap_trim();
  check_all_heaps();
}

/* ---- after the end ---- */

static void *live_on(void *books) {
  struct books *b = books;
  void *p[200], *before = book_alloc(b, 64);
  heap_thread_ended();
  heap_thread_ended(); /* once is enough */
  for (unsigned i = 0; i < 200; i++) {
    p[i] = book_alloc(b, i);
    require(heap_self == &heap_over);
    const struct heap *owner = slab_of(p[i])->owner;
    require(heap_is_real(owner) && heap_thread(heap_number(owner)) != os_thread_id());
  }
  book_free(b, before);
  for (unsigned i = 0; i < 200; i++)
    book_free(b, p[i]);
  return NULL;
}

static void test_after_the_end(void **state) {
  (void)state;
  static struct books books[WORKERS], sum;
  start = totals_of_all();
  in_threads(WORKERS, live_on, books);
  for (unsigned i = 0; i < WORKERS; i++)
    add_books(&sum, &books[i]);
  expect_books(&sum); /* none waits in a batch */
  heap_trim();
  expect_books(&sum);
  check_all_heaps();
}

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
  static struct books books[1];
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

/* ---- holding ---- */

static void *note_heap(void *books) {
  book_free(books, book_alloc(books, 16));
  seen_heap = heap_self;
  require(!heap_is_held(heap_self));
  heap_thread_ended();
  return NULL;
}

static void test_held_heaps_serve_nobody(void **state) {
  (void)state;
  static struct books books[1];
  heap_free(allocate(1));
  heap_hold_idle();
  unsigned heaps = heap_count();
  for (unsigned i = 0; i < heaps; i++)
    require(heap_is_held(heap_at(i)) == (heap_at(i) != heap_self));
  in_threads(1, note_heap, books);
  require(heap_number(seen_heap) == heaps && !heap_is_held(seen_heap));
  heap_let_go();
  for (unsigned i = 0; i < heap_count(); i++)
    require(heap_thread(i) == (heap_at(i) == heap_self ? os_thread_id() : 0));
  in_threads(1, note_heap, books);
  require(heap_number(seen_heap) < heaps || heaps <= 1);
}

/* Readers of published counters, holders and trimmers beside busy threads. */
static _Atomic bool stop;

static void *read_on(void *unused) {
  (void)unused;
  while (!atomic_load(&stop)) {
    struct heap_totals t;
    heap_hold_idle();
    for (unsigned i = 0; i < heap_count(); i++) {
      heap_read_totals(heap_at(i), heap_is_held(heap_at(i)), &t);
      for (unsigned c = 1; c < CLASS_SLOTS; c++)
        require(t.allocs[c] >= t.frees[c]);
    }
    heap_let_go();
    heap_trim();
    sched_yield();
  }
  heap_thread_ended();
  return NULL;
}

static void test_reports_beside_busy_threads(void **state) {
  (void)state;
  static struct books books[WORKERS], sum;
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

static unsigned started;
static void count_started(void) { started++; }

static void test_start_is_told(void **state) {
  (void)state;
  static struct books books[1];
  heap_thread_started = count_started;
  in_threads(1, note_heap, books);
  require(started == 1);
  heap_thread_started = NULL;
}

int main(int argc, char **argv) {
  if (argc > 1)
    short_threads = (unsigned)strtoul(argv[1], NULL, 10);
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_objects_go_round),
      cmocka_unit_test(test_stranded_frees_are_bounded),
      cmocka_unit_test(test_short_threads),
      cmocka_unit_test(test_heap_is_handed_on),
      cmocka_unit_test(test_after_the_end),
      cmocka_unit_test(test_frees_without_a_heap),
      cmocka_unit_test(test_held_heaps_serve_nobody),
      cmocka_unit_test(test_reports_beside_busy_threads),
      cmocka_unit_test(test_start_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
