/* Threads and their heaps: threads that end, heaps handed on and held, requests after the end.
 *
 *   heap_thread_test [THREADS]         default 3000 short threads
 */
#include "tally.h"

#include <sys/prctl.h>

enum { WORKERS = 4 };

/* ---- threads that end ---- */

enum { KEPT = 5, SHORT_AT_A_TIME = 4 };
static unsigned short_threads = 3000;
static _Atomic(void *) kept[SHORT_AT_A_TIME * KEPT];
static _Atomic unsigned next_kept;
static pthread_barrier_t *all_there; /* or NULL */

static void *live_shortly(void *books) {
  struct tally *b = books;
  void *mine[40];
  uint64_t random = (uintptr_t)&mine;
  for (unsigned i = 0; i < 40; i++)
    mine[i] = book_alloc(b, next_random(&random) % (SMALL_MAX + 1));
  if (all_there != NULL)
    pthread_barrier_wait(all_there);
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

static void run_short_threads(unsigned count, struct tally *sum) {
  for (unsigned i = 0; i < count; i += SHORT_AT_A_TIME) {
    struct tally books[SHORT_AT_A_TIME] = {0};
    in_threads(SHORT_AT_A_TIME, live_shortly, books);
    for (unsigned k = 0; k < SHORT_AT_A_TIME; k++)
      add_books(sum, &books[k]);
  }
}

/* The first tenth of the threads really live four at a time, so that there are as many heaps, and
 * slabs of all classes in each, as there can be.  On a busy machine they might come one after the
 * other, and later ones, four at a time, would need more for that reason alone. */
static void test_short_threads(void **state) {
  (void)state;
  static struct tally sum;
  unsigned heaps = heap_count();
  start = totals_of_all();
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, SHORT_AT_A_TIME);
  all_there = &barrier;
  run_short_threads(short_threads / 10, &sum);
  all_there = NULL;
  uint64_t blocks = block_count();
  run_short_threads(short_threads, &sum);
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

/* As the shim does where it finds none: takes a heap and asks it, past the straight path. */
static void *go_on_there(void *books) {
  require(heap_acquire() != NULL);
  seen_objects[2] = heap_alloc_slow(class_of(100));
  require(heap_self == seen_heap && heap_thread(heap_number(heap_self)) == os_thread_id());
  book_free(books, seen_objects[0]); /* now its own */
  heap_thread_ended();
  return NULL;
}

static void test_heap_is_handed_on(void **state) {
  (void)state;
  struct tally books[2] = {0};
  pthread_t thread;
  heap_claim_idle(); /* so that the first one gets a new heap */
  unsigned heaps = heap_count();
  require(pthread_create(&thread, NULL, name_and_leave, &books[0]) == 0);
  pthread_join(thread, NULL);
  require(heap_count() == heaps + 1 && seen_heap == heap_at(heaps));
  require(strcmp(counts_of(seen_heap)->name, "first thread") == 0 &&
          counts_of(seen_heap)->threads == 1);
  require(heap_thread(heaps) == 0);
  require(pthread_create(&thread, NULL, go_on_there, &books[1]) == 0);
  pthread_join(thread, NULL);
  require(heap_count() == heaps + 1 && counts_of(seen_heap)->threads == 2);
  require((char *)seen_objects[2] - (char *)seen_objects[1] == 112);
  heap_release_idle();
  heap_free(seen_objects[1]);
  heap_free(seen_objects[2]);
  heap_trim();
  check_all_heaps();
}

/* ---- after the end ---- */

static void *live_on(void *books) {
  struct tally *b = books;
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
  static struct tally books[WORKERS], sum;
  start = totals_of_all();
  in_threads(WORKERS, live_on, books);
  for (unsigned i = 0; i < WORKERS; i++)
    add_books(&sum, &books[i]);
  expect_books(&sum); /* none waits with who freed it */
  heap_trim();
  expect_books(&sum);
  check_all_heaps();
}

/* ---- holding ---- */

static void *note_heap(void *books) {
  book_free(books, book_alloc(books, 16));
  seen_heap = heap_self;
  require(!heap_is_claimed(heap_self));
  heap_thread_ended();
  return NULL;
}

static void test_held_heaps_serve_nobody(void **state) {
  (void)state;
  static struct tally books[1];
  heap_free(allocate(1));
  heap_claim_idle();
  unsigned heaps = heap_count();
  for (unsigned i = 0; i < heaps; i++)
    require(heap_is_claimed(heap_at(i)) == (heap_at(i) != heap_self));
  in_threads(1, note_heap, books);
  require(heap_number(seen_heap) == heaps && !heap_is_claimed(seen_heap));
  heap_release_idle();
  for (unsigned i = 0; i < heap_count(); i++)
    require(heap_thread(i) == (heap_at(i) == heap_self ? os_thread_id() : 0));
  in_threads(1, note_heap, books);
  require(heap_number(seen_heap) < heaps || heaps <= 1);
}

/* ---- the start ---- */

static unsigned started;
static void count_started(void) { started++; }

static void test_start_is_told(void **state) {
  (void)state;
  static struct tally books[1];
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
      cmocka_unit_test(test_short_threads), cmocka_unit_test(test_heap_is_handed_on),
      cmocka_unit_test(test_after_the_end), cmocka_unit_test(test_held_heaps_serve_nobody),
      cmocka_unit_test(test_start_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
