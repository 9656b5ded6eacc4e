/* The tags of large objects: against a table too simple to be wrong, with threads, refused memory,
 * locks that stay taken.
 *
 * The table is one a process, so each test runs in a child with a fresh one, and is linked with
 * --wrap=mmap to refuse memory.
 */
#include "heap_setup.h"

#include <errno.h>
#include <pthread.h>

#include "large_tags.h"
#include "memory_refused.h"

/* ---- words ---- */

enum { PLACES = 20000 };

/* Place i of a thread: half of them pages apart, half at multiples of 512, as jemalloc has them. */
static uintptr_t address_of(unsigned thread, unsigned i) {
  uintptr_t area = UINT64_C(0x7f0000000000) + thread * (UINT64_C(1) << 32);
  return i % 2 == 0 ? area + i / 2 * UINT64_C(4096) : area + (1 << 30) + i / 2 * UINT64_C(512);
}

static struct large_tag tag_made_of(uintptr_t p, size_t bytes) {
  return (struct large_tag){.p = p,
                            .bytes = bytes,
                            .site = (bytes * 7) % (1 << 20),
                            .arena = (bytes + 3) % (1 << 15),
                            .weight = bytes * 5 % (1 << 29)};
}

static bool put(uintptr_t p, size_t bytes) {
  struct large_tag t = tag_made_of(p, bytes);
  return large_tags_put(&t);
}

/* t is what put made of p and bytes. */
static void expect_tag(const struct large_tag *t, uintptr_t p, size_t bytes) {
  struct large_tag right = tag_made_of(p, bytes);
  require(memcmp(t, &right, sizeof right) == 0);
}

static const struct large_tag untouched = {1, 2, 3, 1, 4, 5, 6, 1};

static void expect_none(uintptr_t p) {
  struct large_tag t = untouched;
  require(!large_tags_get((void *)p, &t) && !large_tags_take((void *)p, &t));
  require(memcmp(&t, &untouched, sizeof t) == 0);
}

/* ---- the model: bytes of each place, 0: not tagged ---- */

struct model {
  unsigned thread;
  uint64_t random;
  size_t bytes[PLACES];
};

static void step(struct model *m, unsigned i) {
  uintptr_t p = address_of(m->thread, i);
  uint64_t what = next_random(&m->random) % 8;
  struct large_tag t = untouched;
  if (what < 3) { /* a place that is tagged gets another tag */
    size_t bytes = next_random(&m->random) % 1000000 + 1;
    require(put(p, bytes));
    m->bytes[i] = bytes;
  } else if (what < 6) {
    require(large_tags_take((void *)p, &t) == (m->bytes[i] != 0));
    if (m->bytes[i] != 0)
      expect_tag(&t, p, m->bytes[i]);
    m->bytes[i] = 0;
  } else {
    require(large_tags_get((void *)p, &t) == (m->bytes[i] != 0));
    if (m->bytes[i] != 0)
      expect_tag(&t, p, m->bytes[i]);
  }
}

/* Few places are used at first, so that runs of tags are made and emptied again and again. */
static void *run_model(void *arg) {
  struct model *m = arg;
  for (unsigned places = 16; places <= PLACES; places *= 5)
    for (unsigned n = 0; n < 60000; n++)
      step(m, (unsigned)(next_random(&m->random) % places));
  return NULL;
}

static void expect_model(const struct model *m) {
  for (unsigned i = 0; i < PLACES; i++) {
    struct large_tag t = untouched;
    uintptr_t p = address_of(m->thread, i);
    require(large_tags_get((void *)p, &t) == (m->bytes[i] != 0));
    if (m->bytes[i] != 0)
      expect_tag(&t, p, m->bytes[i]);
  }
}

static uint64_t live_in(const struct model *m) {
  uint64_t n = 0;
  for (unsigned i = 0; i < PLACES; i++)
    n += m->bytes[i] != 0;
  return n;
}

/* ---- each() ---- */

struct seen {
  uint64_t tags;
  uint64_t bytes;
  uintptr_t addresses; /* their sum */
};

static void see(const struct large_tag *t, void *arg) {
  struct seen *s = arg;
  expect_tag(t, t->p, t->bytes);
  s->tags++;
  s->bytes += t->bytes;
  s->addresses += t->p;
}

static void expect_seen(const struct model *models, unsigned n) {
  struct seen seen = {0}, right = {0};
  for (unsigned k = 0; k < n; k++)
    for (unsigned i = 0; i < PLACES; i++)
      if (models[k].bytes[i] != 0) {
        struct large_tag t = tag_made_of(address_of(models[k].thread, i), models[k].bytes[i]);
        see(&t, &right);
      }
  require(large_tags_each(see, &seen) == 0);
  require(memcmp(&seen, &right, sizeof seen) == 0);
}

/* ---- tests ---- */

static struct model models[4];

static void empty_table(void) {
  struct seen seen = {0};
  expect_none(4096);
  require(large_tags_each(see, &seen) == 0 && seen.tags == 0);
  require(large_tags_bytes() == 0);
}

static void model(void) {
  models[0] = (struct model){.random = 42};
  run_model(&models[0]);
  require(live_in(&models[0]) > PLACES / 10);
  expect_model(&models[0]);
  expect_seen(models, 1);
  require(large_tags_bytes() == os_mapped_bytes() && large_tags_bytes() % PAGE_BYTES == 0);
}

/* Everything is taken in another order than it came; then the table is as good as new. */
static void fill_and_empty(void) {
  for (unsigned round = 0; round < 3; round++) {
    for (unsigned i = 0; i < 100000; i++)
      require(put(address_of(0, i), i + 1));
    uint64_t bytes = large_tags_bytes();
    require(bytes >= 100000 * 24 * 4 / 3 && bytes <= 100000 * 24 * 4);
    for (unsigned k = 0; k < 100000; k++) {
      unsigned i = (unsigned)(k * UINT64_C(7919) % 100000);
      struct large_tag t;
      require(large_tags_take((void *)address_of(0, i), &t));
      expect_tag(&t, address_of(0, i), i + 1);
    }
    struct seen seen = {0};
    require(large_tags_each(see, &seen) == 0 && seen.tags == 0);
  }
}

static _Atomic bool models_done;

static void *report_all_the_time(void *arg) {
  while (!models_done)
    large_tags_each(see, arg); /* see() holds each tag against itself */
  return NULL;
}

static void threads(void) {
  pthread_t thread[4], reporter;
  static struct seen seen;
  require(pthread_create(&reporter, NULL, report_all_the_time, &seen) == 0);
  for (unsigned k = 0; k < 4; k++) {
    models[k] = (struct model){.thread = k, .random = k + 1};
    require(pthread_create(&thread[k], NULL, run_model, &models[k]) == 0);
  }
  for (unsigned k = 0; k < 4; k++)
    pthread_join(thread[k], NULL);
  models_done = true;
  pthread_join(reporter, NULL);
  for (unsigned k = 0; k < 4; k++)
    expect_model(&models[k]);
  expect_seen(models, 4);
}

/* Objects that one thread requests and another frees. */
static _Atomic(uintptr_t) mailbox[64];

static void *pass_on(void *arg) {
  for (unsigned i = 0; i < 100000; i++) {
    struct large_tag t;
    uintptr_t p = address_of((unsigned)(uintptr_t)arg, i), old;
    require(put(p, p >> 9));
    if ((old = atomic_exchange(&mailbox[i % 64], p)) != 0) {
      require(large_tags_take((void *)old, &t));
      expect_tag(&t, old, old >> 9);
    }
  }
  return NULL;
}

static void passed_on(void) {
  pthread_t thread[4];
  for (uintptr_t k = 0; k < 4; k++)
    require(pthread_create(&thread[k], NULL, pass_on, (void *)k) == 0);
  for (unsigned k = 0; k < 4; k++)
    pthread_join(thread[k], NULL);
  struct seen seen = {0};
  require(large_tags_each(see, &seen) == 0 && seen.tags == 64);
}

static void refused_from_the_start(void) {
  refuse_memory = true;
  errno = 77;
  require(!put(4096, 1) && errno == 77);
  expect_none(4096);
  require(large_tags_bytes() == 0);
  refuse_memory = false;
  require(put(4096, 1));
}

/* Puts until shards are full, memory refused: what was in stays, what is replaced needs none, what
 * is taken makes room again. */
static void refused_growth(void) {
  struct model *m = &models[0];
  for (unsigned i = 0; i < 2000; i++)
    require(put(address_of(0, i), m->bytes[i] = i + 1));
  uint64_t bytes = large_tags_bytes();
  refuse_memory = true;
  unsigned refused = 0;
  for (unsigned i = 2000; i < PLACES; i++)
    if (put(address_of(0, i), i + 1))
      m->bytes[i] = i + 1;
    else
      refused++;
  require(live_in(m) == 64 * 96 && refused == PLACES - 64 * 96);
  require(large_tags_bytes() == bytes && bytes == 64 * 4096);
  expect_model(m);
  expect_seen(m, 1);
  for (unsigned i = 0; i < 1000; i++)
    require(put(address_of(0, i), m->bytes[i] = i + 5));
  struct large_tag t;
  for (unsigned i = 0; i < 1000; i++) {
    require(large_tags_take((void *)address_of(0, i), &t));
    require(put(address_of(0, i), m->bytes[i] = i + 9));
  }
  expect_model(m);
  refuse_memory = false;
  for (unsigned i = 0; i < PLACES; i++)
    require(put(address_of(0, i), m->bytes[i] = i + 1));
  expect_model(m);
}

/* A signal's report that interrupted the holder of a lock: visiting does hold one. */
static unsigned skipped_inside;
static void look_inside(const struct large_tag *t, void *arg) {
  (void)t;
  skipped_inside += large_tags_each(see, arg);
}

static void lock_not_free(void) {
  struct seen inside = {0};
  require(put(4096, 1) && large_tags_each(look_inside, &inside) == 0);
  require(skipped_inside == 1 && inside.tags == 0);
}

/* The child of a fork made while the lock is held gets it free. */
static void fork_inside(const struct large_tag *t, void *arg) {
  (void)t, (void)arg;
  pid_t child = fork();
  require(child >= 0);
  if (child == 0) {
    struct large_tag taken;
    large_tags_fork_child();
    _exit(large_tags_take((void *)4096, &taken) && put(4096, 2) ? 42 : 1);
  }
  int status;
  require(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 42);
}

static void forget(void) { require(put(4096, 1) && large_tags_each(fork_inside, NULL) == 0); }

APART(empty_table)
APART(model)
APART(fill_and_empty)
APART(threads)
APART(passed_on)
APART(refused_from_the_start)
APART(refused_growth)
APART(lock_not_free)
APART(forget)

int main(void) {
  test_thread = os_thread_id();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty_table),    cmocka_unit_test(test_model),
      cmocka_unit_test(test_fill_and_empty), cmocka_unit_test(test_threads),
      cmocka_unit_test(test_passed_on),      cmocka_unit_test(test_refused_from_the_start),
      cmocka_unit_test(test_refused_growth), cmocka_unit_test(test_lock_not_free),
      cmocka_unit_test(test_forget),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
