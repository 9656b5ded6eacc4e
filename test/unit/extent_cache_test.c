/* The extent cache (extent_cache.h) in front of a jemalloc that only remembers what it gets back.
 *
 * The cache is one a process, so each test empties it first.  Objects lie MiB apart in memory that
 * is mapped for all tests.
 */
#include "heap_setup.h"

#include <pthread.h>
#include <sys/mman.h>

#include "extent_cache.h"
#include "jemalloc_pages.h"
#include "thread_record.h"

enum { OBJECTS = 256, SLOT_BYTES = 1 << 20, CLASS_64K = 28, CLASS_1M = 44 };

/* ---- what the cache is linked with ---- */

static char *memory;
static _Atomic unsigned back; /* objects that jemalloc got */
static _Atomic bool is_back[OBJECTS];
static bool own_arenas;

_Atomic(page_kind_t *) page_map_directory[LEAF_SLOTS];
size_t jep_opt_oversize_threshold;
ssize_t jep_opt_dirty_decay_ms = DECAY_MS;

static unsigned number_of(const void *p) {
  return (unsigned)(((const char *)p - memory) / SLOT_BYTES);
}

void jep_free(void *p) {
  require(!atomic_exchange(&is_back[number_of(p)], true));
  back++;
}
bool jemalloc_has_own_arenas(void) { return own_arenas; }

void page_map_mark(const void *p, unsigned kind) {
  uintptr_t at = (uintptr_t)p;
  page_kind_t *leaf = page_map_directory[at >> LEAF_SHIFT];
  if (leaf == NULL)
    page_map_directory[at >> LEAF_SHIFT] = leaf = calloc(LEAF_PAGES, sizeof *leaf);
  leaf[at / PAGE_BYTES % LEAF_PAGES] = (page_kind_t)kind;
}

/* ---- words ---- */

static struct heap *new_heap(void) {
  struct heap *h = become_new_thread();
  record_of(h)->cache_is_open = true;
  return h;
}

static void set_kind(const void *p, unsigned k) {
  uintptr_t at = (uintptr_t)p;
  page_kind_t *leaf = page_map_directory[at >> LEAF_SHIFT];
  if (leaf == NULL)
    page_map_directory[at >> LEAF_SHIFT] = leaf = calloc(LEAF_PAGES, sizeof *leaf);
  leaf[at / PAGE_BYTES % LEAF_PAGES] = (uint8_t)(PAGE_PLAIN + 1 + k);
}

static void *object(unsigned number, unsigned k) {
  void *p = memory + (size_t)number * SLOT_BYTES;
  set_kind(p, k);
  return p;
}

/* Puts objects of class k, from number `first` on, until one is refused: how many were taken. */
static unsigned put_all(struct heap *h, unsigned k, unsigned first) {
  unsigned n = 0;
  while (extent_put(h, object(first + n, k), k))
    n++;
  return n;
}

static void start(void) {
  extent_trim(true);
  extent_set_limit(0, 0);
  require(extent_bytes() == 0);
  back = 0;
  memset((void *)is_back, 0, sizeof is_back);
}

/* ---- tests ---- */

static void test_classes(void **state) {
  (void)state;
  require(large_class(EXTENT_LEAST) == EXTENT_FIRST && !extent_has_class(EXTENT_FIRST - 1));
  require(large_class(HUGE_LEAST - 1) == EXTENT_FIRST + EXTENT_CLASSES - 1);
  require(extent_has_class(CLASS_1M) && !extent_has_class(CLASS_1M + 1));
  require(large_class_bytes(CLASS_64K) == 64 << 10 && large_class_bytes(CLASS_1M) == 1 << 20);
}

static void test_newest_first(void **state) {
  (void)state;
  start();
  struct heap *h = new_heap();
  void *p = object(0, CLASS_64K), *q = object(1, CLASS_64K), *other = object(2, CLASS_64K + 1);
  require(extent_take(h, CLASS_64K) == NULL);
  require(extent_put(h, p, CLASS_64K) && extent_put(h, q, CLASS_64K));
  require(extent_put(h, other, CLASS_64K + 1));
  require(extent_bytes() == 2 * (64 << 10) + (80 << 10));
  require(extent_take(h, CLASS_64K) == q && extent_take(h, CLASS_64K) == p);
  require(extent_take(h, CLASS_64K) == NULL && extent_take(h, CLASS_64K + 1) == other);
  require(extent_bytes() == 0 && back == 0);
}

static void test_limits(void **state) {
  (void)state;
  struct heap *h = new_heap();
  start();
  require(put_all(h, CLASS_64K, 0) == EXTENTS_A_CLASS);
  require(put_all(h, CLASS_1M, 100) == 3 && extent_bytes() == EXTENTS_FEW);
  extent_set_limit(0, EXTENTS_SMALL - EXTENTS_FEW); /* leaves just as much */
  extent_trim(false);
  require(extent_bytes() == EXTENTS_FEW && back == 0);
  extent_set_limit(0, EXTENTS_SMALL - (2 << 20));
  require(extent_bytes() == EXTENTS_FEW);
  extent_trim(false);
  require(extent_bytes() == 0 && back == EXTENTS_A_CLASS + 3);
  require(put_all(h, CLASS_1M, 120) == 2);
  start();
  extent_set_limit(EXTENTS_SMALL, EXTENTS_SMALL);
  require(put_all(h, CLASS_64K, 0) == 0);
  extent_set_limit(UINT64_C(1) << 30, UINT64_C(1) << 30);
  require(put_all(h, CLASS_1M, 0) == 4);
  extent_set_limit(0, UINT64_C(1) << 30); /* all was freed */
  extent_trim(false);
  require(extent_bytes() == 0 && put_all(h, CLASS_64K, 0) == 0);
}

/* The second thread finds half of the limit, the first has too much then. */
static void test_shared_limit(void **state) {
  (void)state;
  struct heap *h = new_heap(), *other = new_heap();
  start();
  require(put_all(h, CLASS_1M, 0) == 4);
  require(put_all(other, CLASS_1M, 10) == 2);
  extent_trim(false);
  require(extent_bytes() == 2 << 20 && extent_take(h, CLASS_1M) == NULL);
  require(put_all(h, CLASS_1M, 20) == 2);
}

static void test_trim(void **state) {
  (void)state;
  struct heap *h = new_heap();
  start();
  for (unsigned i = 0; i < 4; i++)
    require(extent_put(h, object(i, CLASS_64K), CLASS_64K));
  extent_trim(false); /* they came since the last one */
  require(back == 0);
  void *p = extent_take(h, CLASS_64K);
  require(extent_put(h, p, CLASS_64K));
  extent_trim(false); /* three of four were not needed */
  require(back == 3 && !is_back[number_of(p)] && extent_take(h, CLASS_64K) == p);
  require(extent_put(h, p, CLASS_64K));
  extent_trim(true);
  require(back == 4 && extent_bytes() == 0);
}

/* The program may have closed an object's pages. */
static void test_marks(void **state) {
  (void)state;
  struct heap *h = new_heap();
  start();
  char *p = object(0, CLASS_64K);
  require(mprotect(p, SLOT_BYTES, PROT_NONE) == 0);
  require(!extent_is_cached(p));
  require(extent_put(h, p, CLASS_64K) && extent_is_cached(p));
  require(page_kind_of_class(page_kind(p)) == page_kind_for(64 << 10));
  require(extent_take(h, CLASS_64K) == p);
  set_kind(p, CLASS_64K);
  require(!extent_is_cached(p));
  require(extent_put(h, p, CLASS_64K));
  extent_trim(true);
  require(!extent_is_cached(p) && page_kind(p) == PAGE_PLAIN);
  require(mprotect(p, SLOT_BYTES, PROT_READ | PROT_WRITE) == 0);
}

static void test_not_allowed(void **state) {
  (void)state;
  struct heap *h = new_heap();
  start();
  own_arenas = true;
  require(!extent_put(h, object(0, CLASS_64K), CLASS_64K));
  own_arenas = false;
  jep_opt_dirty_decay_ms = 0;
  require(!extent_put(h, object(0, CLASS_64K), CLASS_64K));
  jep_opt_dirty_decay_ms = DECAY_MS;
  record_of(h)->cache_is_open = false;
  require(!extent_put(h, object(0, CLASS_64K), CLASS_64K));
}

/* ---- threads, all in one shard ---- */

enum { THREADS = 4, TIMES = 1000000 };
static _Atomic bool is_taken[OBJECTS];

/* An object that the thread owns: from the cache, or else one that jemalloc has. */
static void *some_object(struct heap *h, unsigned k, unsigned *from) {
  void *p = extent_take(h, k);
  for (unsigned i = 0; p == NULL; i++)
    if (atomic_exchange(&is_back[(*from + i) % OBJECTS], false)) {
      *from = (*from + i) % OBJECTS;
      p = memory + (size_t)*from * SLOT_BYTES;
    }
  require(!atomic_exchange(&is_taken[number_of(p)], true));
  return p;
}

/* All objects have the class of their first page, which does not change here. */
static unsigned class_of_object(const void *p) { return CLASS_64K + number_of(p) % 4; }

static void *replace(void *seed) {
  struct heap *h;
  do
    h = new_heap();
  while (heap_number(h) % EXTENT_SHARDS != 0);
  unsigned from = (unsigned)(uintptr_t)seed * 16;
  for (unsigned i = 0; i < TIMES; i++) {
    char *p = some_object(h, CLASS_64K + i % 4, &from);
    set_kind(p, class_of_object(p));
    require(!extent_is_cached(p));
    memset(p, (int)i, 64);
    atomic_store(&is_taken[number_of(p)], false);
    if (!extent_put(h, p, class_of_object(p)))
      jep_free(p);
    if (i % 100 == 0)
      extent_trim(i % 200 == 0);
  }
  return NULL;
}

static void test_threads(void **state) {
  (void)state;
  pthread_t thread[THREADS];
  start();
  for (unsigned i = 0; i < OBJECTS; i++) {
    set_kind(memory + (size_t)i * SLOT_BYTES, CLASS_64K + i % 4);
    is_back[i] = true;
  }
  for (uintptr_t i = 0; i < THREADS; i++)
    pthread_create(&thread[i], NULL, replace, (void *)i);
  for (unsigned i = 0; i < THREADS; i++)
    pthread_join(thread[i], NULL);
  extent_trim(true);
  for (unsigned i = 0; i < OBJECTS; i++)
    require(is_back[i]);
  require(extent_bytes() == 0);
}

int main(void) {
  test_start();
  memory = mmap(NULL, (size_t)OBJECTS * SLOT_BYTES, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  require(memory != MAP_FAILED);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_classes),     cmocka_unit_test(test_newest_first),
      cmocka_unit_test(test_limits),      cmocka_unit_test(test_shared_limit),
      cmocka_unit_test(test_trim),        cmocka_unit_test(test_marks),
      cmocka_unit_test(test_not_allowed), cmocka_unit_test(test_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
