/* How long objects live (life.h, heap_life.h): the table of births against a list, and lives of
 * objects that are freed at times that the test knows. */
#include "apart.h"
#include "memory_refused.h"

#include "heap.h"
#include "heap_fork.h"
#include "heap_life.h"
#include "heap_tag.h"
#include "heap_thread.h"

#include <pthread.h>

/* ---- the table ---- */

enum { ADDRESSES = 3000, STEPS = 200000 };

static void table(void) {
  static uint64_t born[ADDRESSES]; /* 0: not in the table */
  struct life l = {0};
  _Atomic uint64_t bytes = 0;
  uint64_t random = 1;
  uint32_t used = 0;
  struct birth b = {0};
  require(!life_end(&l, &b, &b));
  for (uint64_t now = 1; now <= STEPS; now++) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    size_t i = (random >> 33) % (now < STEPS / 2 ? ADDRESSES : ADDRESSES / 50);
    const void *p = (const char *)0x7f0000000000 + 16 * (7 * i + i % 7);
    if (random >> 63) {
      require(life_begin(&l, p, now, &bytes));
      used += born[i] == 0;
      born[i] = now;
    } else {
      require(life_end(&l, p, &b) == (born[i] != 0));
      require(born[i] == 0 || (b.at == born[i] && b.object == (uintptr_t)p && b.weight == 1));
      used -= born[i] != 0;
      born[i] = 0;
    }
    require(l.used == used && 2 * used <= l.capacity);
  }
  require(bytes == l.capacity * sizeof *l.slots && l.capacity >= 2048);
}

static void without_memory(void) {
  struct life l = {0};
  _Atomic uint64_t bytes = 0;
  struct birth b;
  refuse_memory = true;
  errno = 99;
  require(!life_begin(&l, &b, 1, &bytes) && !life_counts_make(&l, 1, 0, &bytes));
  refuse_memory = false;
  require(errno == 99 && bytes == 0);
  require(life_begin(&l, &l, 1, &bytes) && bytes == PAGE_BYTES);
  refuse_memory = true;
  unsigned kept = 1;
  for (uintptr_t p = 16; life_begin(&l, (const void *)p, p, &bytes); p += 16)
    kept++;
  refuse_memory = false;
  require(kept == PAGE_BYTES / sizeof(struct birth) / 2 && bytes == PAGE_BYTES);
  require(life_end(&l, &l, &b) && b.at == 1 && life_end(&l, (const void *)16, &b) && b.at == 16);
}

static void gaps(void) {
  struct life l = {0};
  uint64_t now = 1, sum = 0;
  for (unsigned i = 0; i < 62; i++, now++)
    require(life_gap(&l, now) == 1);
  unsigned shortest = 1000, longest = 0;
  for (unsigned i = 0; i < 100000; i++) {
    uint32_t gap = life_gap(&l, 1000000);
    sum += gap;
    shortest = gap < shortest ? gap : shortest;
    longest = gap > longest ? gap : longest;
  }
  require(l.mean == LIFE_GAP && shortest == 1 && longest == 2 * LIFE_GAP - 1);
  require(sum / 100000 >= LIFE_GAP - 2 && sum / 100000 <= LIFE_GAP + 2);
}

static void classes(void) {
  require(life_class(0) == 0 && life_class(3) == 0 && life_class(4) == 1 && life_class(15) == 1);
  require(life_class(16) == 2 && life_class(63) == 2 && life_class(65536) == 8);
  require(life_class((UINT64_C(1) << 26) - 1) == 12 && life_class(UINT64_C(1) << 26) == 13);
  require(life_class(UINT64_MAX) == 13);
}

/* ---- objects ---- */

static bool open_books(struct heap *h) { return books_open(&h->books); }

static void begin(void) {
  heap_opened = open_books;
  require(range_setup(BLOCK_BYTES_DEFAULT, true) && heap_acquire() != NULL);
}

static void *allocate(size_t n, uint32_t site) {
  struct heap *h = heap_tagged_self;
  void *p = heap_alloc_tagged_quick(h, class_of(n), n, site);
  return p != NULL ? heap_count_birth(h, p) : heap_alloc_tagged(h, class_of(n), n, site);
}

static uint64_t lives_of(uint32_t site, unsigned class) {
  const struct life_counts *counts = life_counts_of(books_life(&heap_tagged_self->books), site);
  return counts != NULL ? counts->lives[class] : 0;
}

static uint64_t all_lives_of(uint32_t site) {
  uint64_t sum = 0;
  for (unsigned c = 0; c < LIFE_CLASSES; c++)
    sum += lives_of(site, c);
  return sum;
}

static bool about(uint64_t n, uint64_t expected) {
  return n >= expected * 9 / 10 && n <= expected * 11 / 10;
}

enum { BRIEF = SITE_KINDS, LONG, MIXED, KEPT = 1000, ROUNDS = 1000000 };

/* Lives of 0, of 3000, and both in turn: estimates are right, and no life is in a wrong class. */
static void own_lives(void) {
  static void *kept[KEPT];
  begin();
  uint64_t before = books_now(&heap_tagged_self->books);
  for (unsigned i = 0; i < ROUNDS; i++) {
    heap_free(allocate(100, BRIEF));
    if (kept[i % KEPT] != NULL)
      heap_free(kept[i % KEPT]);
    kept[i % KEPT] = allocate(i % 400, i & 1 ? LONG : MIXED);
    heap_free(allocate(50, MIXED));
  }
  require(books_now(&heap_tagged_self->books) - before == 3 * ROUNDS);
  require(about(lives_of(BRIEF, 0), ROUNDS) && all_lives_of(BRIEF) == lives_of(BRIEF, 0));
  require(about(lives_of(LONG, life_class(3 * KEPT - 1)), ROUNDS / 2));
  require(all_lives_of(LONG) == lives_of(LONG, life_class(3 * KEPT - 1)));
  require(about(lives_of(MIXED, 0), ROUNDS));
  require(about(lives_of(MIXED, life_class(3 * KEPT - 1)), ROUNDS / 2));
  require(books_life(&heap_tagged_self->books)->used <= KEPT / 8);
}

/* The first objects all count, whatever their site does later. */
static void few_objects(void) {
  begin();
  void *p[40];
  for (unsigned i = 0; i < 40; i++)
    p[i] = allocate(20, BRIEF);
  for (unsigned i = 0; i < 40; i++)
    heap_free(p[i]);
  require(all_lives_of(BRIEF) == 40);
  require(lives_of(BRIEF, 2) == 24 && lives_of(BRIEF, 1) == 12 && lives_of(BRIEF, 0) == 4);
  require(books_life(&heap_tagged_self->books)->used == 0);
}

static void resized(void) {
  begin();
  void *p = allocate(100, BRIEF);
  require(heap_resize_tagged(p, 97, LONG));
  require(lives_of(BRIEF, 0) == 1);
  heap_free(p);
  require(lives_of(BRIEF, 0) == 1 && lives_of(LONG, 0) == 1);
}

/* A life ends when the owner learns that another thread has freed the object. */
static void *free_in_thread(void *p) {
  heap_free(p);
  return NULL;
}

static void freed_by_another(void) {
  begin();
  void *p = allocate(100, LONG);
  pthread_t thread;
  require(pthread_create(&thread, NULL, free_in_thread, p) == 0);
  pthread_join(thread, NULL);
  require(all_lives_of(LONG) == 0);
  heap_collect(heap_tagged_self);
  require(all_lives_of(LONG) == 1 && books_life(&heap_tagged_self->books)->used == 0);
  require(*tag_of(slab_of(p), p) == 0);
}

/* The child of a fork, of which a thread was about to draw the next gap. */
static void interrupted(void) {
  begin();
  struct books *b = &heap_tagged_self->books;
  for (unsigned i = 0; i < 10; i++)
    heap_free(allocate(100, BRIEF));
  b->until = 0;
  uint64_t now = books_now(b);
  books_restart(b);
  require(b->until == 1 && books_now(b) == now);
  for (unsigned i = 0; i < 10; i++)
    heap_free(allocate(100, BRIEF));
  require(books_now(b) == now + 10 && all_lives_of(BRIEF) == 20);
}

/* Counts of many sites, the last one among them: no two share any, and each says whose it is. */
static void many_sites(void) {
  struct life l = {0};
  _Atomic uint64_t bytes = 0;
  begin();
  life_count(&l, 7, 0, 1); /* there is no room yet */
  for (uint32_t i = 1; i <= 3000; i++) {
    uint32_t site = i == 3000 ? SITES_MAX - 1 : i * 7;
    require(life_counts_make(&l, site, 5, &bytes));
    life_count(&l, site, i % LIFE_CLASSES, i);
  }
  for (uint32_t i = 1; i <= 3000; i++) {
    const struct life_counts *c = life_counts_of(&l, i == 3000 ? SITES_MAX - 1 : i * 7);
    require(c->arena == 5 && c->site == (i == 3000 ? SITES_MAX - 1 : i * 7));
    for (unsigned k = 0; k < LIFE_CLASSES; k++)
      require(c->lives[k] == (k == i % LIFE_CLASSES ? i : 0));
  }
  require(bytes == (6 + 1) * PAGE_BYTES); /* 4,096 sites a leaf */
}

/* What the parent of a fork has counted is not the child's. */
static void child(void) {
  begin();
  struct life *l = books_life(&heap_tagged_self->books);
  for (unsigned i = 0; i < 10; i++)
    heap_free(allocate(100, BRIEF));
  for (unsigned i = 0; i < 10; i++)
    heap_free(allocate(100, LONG));
  require(all_lives_of(BRIEF) == 10 && all_lives_of(LONG) == 10);
  peak_restart();
  require(life_counts_of(l, BRIEF) == NULL && life_counts_of(l, LONG) == NULL);
  heap_free(allocate(100, LONG));
  require(life_counts_of(l, BRIEF) == NULL && all_lives_of(LONG) == 1);
}

/* A tag says the same of an object whether its birth is kept or not. */
static void tags(void) {
  begin();
  for (unsigned i = 0; i < 50; i++) {
    void *p = allocate(300 + i, LONG);
    tag_t t = *tag_of(slab_of(p), p);
    require((t & TAG_TIMED) != 0 && tag_is_alive(t) && !tag_is_plain(t));
    require(tag_site(t) == LONG && tag_bytes(t) == 300 + i);
  }
}

APART(table)
APART(without_memory)
APART(gaps)
APART(classes)
APART(own_lives)
APART(few_objects)
APART(resized)
APART(freed_by_another)
APART(tags)
APART(interrupted)
APART(many_sites)
APART(child)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table),      cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_gaps),       cmocka_unit_test(test_classes),
      cmocka_unit_test(test_own_lives),  cmocka_unit_test(test_few_objects),
      cmocka_unit_test(test_resized),    cmocka_unit_test(test_freed_by_another),
      cmocka_unit_test(test_tags),       cmocka_unit_test(test_interrupted),
      cmocka_unit_test(test_many_sites), cmocka_unit_test(test_child),
  };
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
