/* A thread that gets tags while it runs, loses them and gets them again: each object is freed where
 * it was made, what the two heaps hold is known exactly, and both are whole. */
#include "heap_setup.h"

#include "heap_pair.h"
#include "heap_tag.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OBJECTS = 6000, STEPS = 200000, THREADS = 4, SITE = SITE_KINDS + 3 };

/* A request as the shim makes it: of the plain heap, or tagged. */
static void *request(size_t n) {
  if (heap_self != &heap_tagged)
    return allocate(n);
  struct heap *h = heap_tagged_self;
  void *p = heap_alloc_tagged_quick(h, class_of(n), n, SITE);
  return p != NULL ? p : heap_alloc_tagged(h, class_of(n), n, SITE);
}

static bool open_tagged(struct heap *h) { return !h->tagged || heap_open_books(h); }

static uint64_t plain_live(struct heap *h) {
  struct heap_totals t = {0};
  uint64_t live = 0;
  heap_read_totals(h, false, &t); /* as another thread does */
  heap_read_frees(h, &t);
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    live += t.allocs[c] - t.frees[c];
  return live;
}

static uint64_t tagged_live(struct heap *h) {
  struct account a;
  if (h == NULL || account_at(&h->books, SITE) == NULL)
    return 0;
  account_read(account_at(&h->books, SITE), &a);
  return a.allocs - a.frees;
}

static void check_heaps(struct heap *plain) {
  require(heap_is_valid(plain));
  if (plain->beside == NULL)
    return;
  require(plain->beside->beside == plain && plain->beside->tagged && !plain->tagged);
  require(heap_is_valid(plain->beside));
}

/* ---- one thread ---- */

static void test_before_shrinks_to_nothing(void **state) {
  (void)state;
  static void *before[OBJECTS], *after[OBJECTS];
  struct heap *plain = become_new_thread();
  uint64_t others = plain_live(plain);
  for (unsigned i = 0; i < OBJECTS; i++)
    before[i] = request(i % 512);
  require(heap_begin_tags());
  require(heap_self == &heap_tagged && heap_mine() == plain->beside);
  require(plain_live(plain) == OBJECTS + others);
  for (unsigned i = 0; i < OBJECTS; i++) {
    after[i] = request(i % 512);
    require(slab_is_tagged(slab_of(after[i])) && !slab_is_tagged(slab_of(before[i])));
  }
  for (unsigned i = 0; i < OBJECTS; i++) {
    require(plain_live(plain) == OBJECTS - i + others || i % 100 != 0);
    heap_free(before[i]);
  }
  require(plain_live(plain) == others);
  require(tagged_live(plain->beside) == OBJECTS);
  heap_end_tags();
  require(heap_self == plain);
  for (unsigned i = 0; i < OBJECTS; i++) /* tagged ones are booked all the same */
    heap_free(after[i]);
  require(tagged_live(plain->beside) == 0);
  check_heaps(plain);
}

static void test_random_toggles(void **state) {
  (void)state;
  static void *slot[OBJECTS];
  uint64_t random = 11, plain_now = 0, tagged_now = 0;
  struct heap *plain = become_new_thread();
  uint64_t others = plain_live(plain);
  for (unsigned i = 0; i < STEPS; i++) {
    void **p = &slot[next_random(&random) % OBJECTS];
    if (*p != NULL) {
      *(slab_is_tagged(slab_of(*p)) ? &tagged_now : &plain_now) -= 1;
      heap_free(*p);
    }
    *p = next_random(&random) % 8 == 0 ? NULL : request(next_random(&random) % 512);
    if (*p != NULL)
      *(heap_self == &heap_tagged ? &tagged_now : &plain_now) += 1;
    if (next_random(&random) % 5000 != 0)
      continue;
    if (heap_self == &heap_tagged)
      heap_end_tags();
    else
      require(heap_begin_tags());
    check_heaps(plain);
    require(tagged_live(plain->beside) == tagged_now);
    require(heap_self == plain || plain_live(plain) == plain_now + others);
  }
  if (heap_self == &heap_tagged)
    heap_end_tags();
  for (unsigned i = 0; i < OBJECTS; i++)
    if (slot[i] != NULL)
      heap_free(slot[i]);
  require(heap_begin_tags());
  require(plain_live(plain) == others && tagged_live(plain->beside) == 0);
  heap_end_tags();
  check_heaps(plain);
}

static unsigned recycling(const struct heap *h) {
  unsigned n = 0;
  for (const struct block *b = h->blocks; b != NULL; b = b->ab_next)
    for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES) {
      const struct slab *s = slab_of(b->ab_mem + at);
      n += s->class != 0 && slab_recycles(s);
    }
  return n;
}

/* In a large heap slabs that were current go on to recycle: their frees must not stay in lists. */
static void test_spread_lists_go_back(void **state) {
  (void)state;
  static void *slot[OBJECTS];
  uint64_t random = 5;
  list_spread_bytes = 256 << 10;
  struct heap *plain = become_new_thread();
  uint64_t others = plain_live(plain);
  for (unsigned i = 0; i < STEPS; i++) {
    void **p = &slot[next_random(&random) % OBJECTS];
    if (*p != NULL)
      heap_free(*p);
    *p = request(16 * (next_random(&random) % 4 + 1));
  }
  require(plain->spread && recycling(plain) > 4);
  require(heap_begin_tags() && recycling(plain) == 0);
  uint64_t live = 0;
  for (unsigned i = 0; i < OBJECTS; i++)
    live += slot[i] != NULL;
  require(plain_live(plain) == live + others);
  for (unsigned i = 0; i < OBJECTS; i++)
    if (slot[i] != NULL)
      heap_free(slot[i]);
  require(plain_live(plain) == others);
  check_heaps(plain);
  heap_end_tags();
  list_spread_bytes = LIST_SPREAD_BYTES;
}

/* The child goes on with both heaps, and takes no other thread's for its own. */
static void test_fork(void **state) {
  (void)state;
  become_new_thread();
  void *before = request(100);
  require(heap_begin_tags());
  void *after = request(100);
  heap_fork_prepare();
  pid_t child = fork();
  if (child == 0) {
    heap_fork_child();
    struct heap *plain = heap_mine()->beside;
    heap_free(before);
    heap_free(after);
    heap_free(request(100));
    heap_end_tags();
    heap_free(request(100));
    _exit(heap_is_valid(plain) && heap_is_valid(plain->beside) ? 0 : 1);
  }
  heap_fork_parent();
  int status;
  require(waitpid(child, &status, 0) == child && status == 0);
  heap_free(before);
  heap_free(after);
  heap_end_tags();
}

/* ---- several threads ---- */

static _Atomic(void *) shared[OBJECTS];
static _Atomic bool stop;

static void *toggle_and_work(void *number) {
  uint64_t random = (uintptr_t)number + 1;
  while (!stop) {
    void *p = request(next_random(&random) % 512);
    p = atomic_exchange(&shared[next_random(&random) % OBJECTS], p);
    if (p != NULL)
      heap_free(p);
    if (next_random(&random) % 500 != 0)
      continue;
    if (heap_self == &heap_tagged)
      heap_end_tags();
    else
      require(heap_begin_tags());
  }
  heap_thread_ended();
  return NULL;
}

/* Threads free each other's, end in either state, and others take their heaps. */
static void test_threads(void **state) {
  (void)state;
  require(range_add_tags() == RANGE_DONE); /* as whoever asks a process for tags does first */
  for (unsigned round = 0; round < 4; round++) {
    pthread_t t[THREADS];
    stop = false;
    for (uintptr_t i = 0; i < THREADS; i++)
      require(pthread_create(&t[i], NULL, toggle_and_work, (void *)(i + round * THREADS)) == 0);
    usleep(200000);
    stop = true;
    for (unsigned i = 0; i < THREADS; i++)
      pthread_join(t[i], NULL);
  }
  become_new_thread();
  for (unsigned i = 0; i < OBJECTS; i++)
    if (shared[i] != NULL)
      heap_free(shared[i]);
  heap_trim();
  for (unsigned i = 0; i < heap_count(); i++) {
    struct heap *h = heap_at(i);
    require(heap_is_mine(h) || (h->beside == NULL && heap_is_valid(h) && heap_mail_is_valid(h)));
    require(!h->tagged || tagged_live(h) == 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_threads),        cmocka_unit_test(test_before_shrinks_to_nothing),
      cmocka_unit_test(test_random_toggles), cmocka_unit_test(test_spread_lists_go_back),
      cmocka_unit_test(test_fork),
  };
  test_start();
  heap_opened = open_tagged;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
