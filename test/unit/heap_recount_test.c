/* The child of a fork counts other threads' accounts again: these have changed since the copy of
 * the record was made, and the child's books agree with what is alive all the same. */
#include "apart.h"

#include "heap.h"
#include "heap_fork.h"
#include "heap_recount.h"
#include "heap_tag.h"
#include "heap_thread.h"

#include <pthread.h>
#include <semaphore.h>

enum { SITES = 40, OBJECTS = 4000, BEFORE = 1000, OWN = 100 };

static struct object {
  void *p;
  size_t n;
  uint32_t site;
} objects[OBJECTS], own[OWN];
static struct heap *others;
static sem_t ready, go_on, changed, finish;

static void make(struct object *o, unsigned i) {
  if (heap_tagged_self == NULL)
    require(heap_acquire() != NULL);
  struct heap *h = heap_tagged_self;
  o->n = i % 400;
  o->site = SITE_KINDS + i % SITES + (i >= BEFORE ? SITES : 0);
  size_t c = class_of(o->n);
  void *p = heap_alloc_tagged_quick(h, c, o->n, o->site);
  o->p = p != NULL ? p : heap_alloc_tagged(h, c, o->n, o->site);
  require(o->p != NULL);
}

static void drop(struct object *o) {
  heap_free(o->p);
  o->p = NULL;
}

/* Objects of sites that are new, frees of its own and of the main thread's, while that one forks.
 */
static void *work(void *unused) {
  for (unsigned i = 0; i < BEFORE; i++)
    make(&objects[i], i);
  others = heap_tagged_self;
  account_add_large(&others->books, account_of(&others->books, SITE_KINDS), 100000, 102400, 1);
  sem_post(&ready);
  sem_wait(&go_on);
  for (unsigned i = BEFORE; i < OBJECTS; i++)
    make(&objects[i], i);
  for (unsigned i = 0; i < OBJECTS; i += 3)
    drop(&objects[i]);
  for (unsigned i = 0; i < OWN; i += 4)
    drop(&own[i]);
  account_take_large(&others->books, account_of(&others->books, SITE_KINDS), 100000, 102400, 1);
  account_add_large(&others->books, account_of(&others->books, SITE_KINDS + 1), 2000, 2048, 3);
  sem_post(&changed);
  sem_wait(&finish);
  return unused;
}

static void expect_accounts(const struct heap *h, const struct object *o, unsigned n,
                            int64_t more) {
  uint64_t bytes[SITE_KINDS + 2 * SITES] = {0}, count[SITE_KINDS + 2 * SITES] = {0};
  size_t least[SITE_KINDS + 2 * SITES];
  int64_t sum = more;
  for (unsigned site = 0; site < SITE_KINDS + 2 * SITES; site++)
    least[site] = NO_SMALL;
  for (unsigned i = 0; i < n; i++)
    if (o[i].p != NULL) {
      bytes[o[i].site] += o[i].n;
      count[o[i].site]++;
      least[o[i].site] = o[i].n < least[o[i].site] ? o[i].n : least[o[i].site];
      sum += (int64_t)o[i].n;
    }
  require(books_is_valid(&h->books) && h->books.live_bytes == sum);
  for (uint32_t site = SITE_KINDS; site < SITE_KINDS + 2 * SITES; site++) {
    const struct account *a = account_at(&h->books, site);
    bool large = more != 0 && site == SITE_KINDS + 1;
    struct account shown = {0};
    if (a != NULL)
      account_read(a, &shown);
    require(shown.allocs - shown.frees == count[site] + (large ? 3 : 0));
    require(shown.live_bytes == bytes[site] + (large ? (uint64_t)more : 0));
    require(site < SITE_KINDS + SITES || a == NULL || a->smallest == least[site]);
    require(a == NULL || (a->site == site && a->remote_freed_bytes == a->remote_booked_bytes));
  }
}

static void child_counts(void) {
  struct heap *mine = heap_tagged_self;
  require(pieces_fork_child());
  heap_fork_child();
  heap_recount_begin(SITE_KINDS + 2 * SITES);
  heap_recount_object(others, SITE_KINDS + 1, 2000, 2048, 3);
  heap_recount_object(mine, SITE_KINDS + 1, 2000, 2048, 3); /* its own are as they were */
  heap_recount_end(SITE_KINDS + 2 * SITES);
  peak_restart();
  books_restart(&others->books);
  books_restart(&mine->books);
  expect_accounts(others, objects, OBJECTS, 6000);
  expect_accounts(mine, own, OWN, 0);
  require(pieces_head.peak.live == others->books.live_bytes + mine->books.live_bytes);
  for (unsigned i = 0; i < OBJECTS; i++)
    if (objects[i].p != NULL)
      drop(&objects[i]);
}

static int file;
static int open_file(void) { return dup(file); }

static void changes_beside_a_fork(void) {
  char name[] = "/tmp/heap_recount.XXXXXX";
  pthread_t other;
  file = mkstemp(name);
  require(file >= 0 && unlink(name) == 0);
  for (sem_t *s[] = {&ready, &go_on, &changed, &finish}, **at = s; at < s + 4; at++)
    sem_init(*at, 0, 0);
  pieces_setup();
  pieces_open_file = open_file;
  require(range_setup(BLOCK_BYTES_DEFAULT, true));
  require(pieces_to_file(file) == 0);
  for (unsigned i = 0; i < OWN; i++)
    make(&own[i], i);
  require(pthread_create(&other, NULL, work, NULL) == 0);
  sem_wait(&ready);
  heap_fork_prepare();
  pieces_fork_prepare();
  sem_post(&go_on);
  sem_wait(&changed);
  in_child(child_counts);
  pieces_fork_parent();
  heap_fork_parent();
  sem_post(&finish);
  pthread_join(other, NULL);
}
APART(changes_beside_a_fork)

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes_beside_a_fork)};
  test_thread = os_thread_id();
  heap_opened = heap_open_books;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
