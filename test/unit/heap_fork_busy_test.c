/* Forks beside other threads: what they hold nobody holds in the child, and a child that was
 * forked at any moment lives on.
 *
 *   heap_fork_busy_test [FORKS]      default 300 forks (60 under a sanitizer) of a process
 *                                    with 3 busy threads
 */
#include "heap_objects.h"

#include <pthread.h>
#include <semaphore.h>

enum { WORKERS = 3, SLOTS = 512, OWN = 2000, CHILD_OBJECTS = 3000 };

/* ---- claims, growth, counts ---- */

/* The forking thread may stand in the middle of its own malloc: nothing of its heap moves. */
static void own_heap_is_left_alone(void) {
  static struct heap before;
  struct heap *mine = become_new_thread();
  allocate_all(300, 500);
  heap_free(objects[0]);
  before = *mine;
  heap_fork_prepare();
  heap_fork_child();
  require(memcmp(mine->head, before.head, sizeof before.head) == 0);
  require(memcmp(mine->current, before.current, sizeof before.current) == 0);
  require(memcmp(mine->queue, before.queue, sizeof before.queue) == 0);
  require(mine->blocks == before.blocks && heap_self == mine);
  check_all_heaps();
}

static sem_t ready, finish;

static void *hold_everything(void *unused) {
  (void)unused;
  require(range_growth_enter());
  heap_claim_idle();
  sem_post(&ready);
  sem_wait(&finish);
  heap_release_idle();
  range_growth_leave(true);
  return NULL;
}

static void grow_and_take_over(void) {
  heap_fork_child();
  uint32_t me = os_thread_id();
  for (unsigned i = 0; i < heap_count(); i++)
    require(heap_thread(i) == (heap_at(i) == heap_self ? me : 0));
  require(range_growth_enter());
  range_growth_leave(true);
  for (unsigned i = 0; i < 20000; i++)
    require(allocate(500) != NULL);
}

/* What another thread holds at the fork, nobody holds in the child. */
static void holder_vanishes(void) {
  struct heap *gone = become_new_thread();
  become_new_thread();
  heap_lend_back(gone);
  sem_init(&ready, 0, 0);
  sem_init(&finish, 0, 0);
  pthread_t holder;
  require(pthread_create(&holder, NULL, hold_everything, NULL) == 0);
  sem_wait(&ready);
  heap_fork_prepare();
  in_child(grow_and_take_over);
  sem_post(&finish);
  pthread_join(holder, NULL);
}

/* A growth that has mapped its pages and not noted them: the fork waits for its end, or the child
 * would find the place of its next growth taken. */
static void *grow_by_halves(void *unused) {
  (void)unused;
  require(range_growth_enter());
  char *end = (char *)range_section_start(SECTION_DATA) + range.committed[SECTION_DATA];
  require(os_map_at(end, SLAB_BYTES));
  sem_post(&ready);
  os_sleep_us(20000);
  os_unmap(end, SLAB_BYTES); /* as if the system had refused the next section's pages */
  range_growth_leave(true);
  sem_wait(&finish); /* ThreadSanitizer takes a thread that has ended for lost, in the child */
  return NULL;
}

static void growth_is_whole(void) {
  sem_init(&ready, 0, 0);
  sem_init(&finish, 0, 0);
  pthread_t grower;
  require(pthread_create(&grower, NULL, grow_by_halves, NULL) == 0);
  sem_wait(&ready);
  heap_fork_prepare();
  in_child(grow_and_take_over);
  heap_fork_parent();
  sem_post(&finish);
  pthread_join(grower, NULL);
  require(range_growth_enter()); /* the fork has given it back */
  range_growth_leave(true);
}

static void *try_to_grow(void *granted) {
  if ((*(bool *)granted = range_growth_enter()))
    range_growth_leave(true);
  return NULL;
}

static bool another_may_grow(void) {
  bool granted;
  pthread_t other;
  require(pthread_create(&other, NULL, try_to_grow, &granted) == 0);
  pthread_join(other, NULL);
  return granted;
}

/* Fork may wait for a lock of libc that a thread holds while it asks for memory: that thread must
 * not wait for the fork, and jemalloc serves it. */
static void growth_is_refused_soon(void) {
  heap_fork_prepare();
  uint32_t before = os_now_ms();
  require(!another_may_grow());
  uint32_t waited = os_now_ms() - before;
  heap_fork_parent();
  require(waited < 1000); /* of the two seconds after which a thread is believed to be gone */
  require(another_may_grow());
}

static void *try_to_add_tags(void *answer) {
  *(enum range_answer *)answer = range_add_tags();
  return NULL;
}

static enum range_answer tags_of_another(void) {
  enum range_answer answer;
  pthread_t other;
  require(pthread_create(&other, NULL, try_to_add_tags, &answer) == 0);
  pthread_join(other, NULL);
  return answer;
}

/* A fork may take long: tags that are asked for meanwhile are not refused but come later, and then
 * stay whatever forks. */
static void tags_come_after_a_fork(void) {
  heap_fork_prepare();
  require(tags_of_another() == RANGE_BUSY);
  heap_fork_parent();
  require(tags_of_another() == RANGE_DONE);
  heap_fork_prepare();
  require(tags_of_another() == RANGE_DONE);
  heap_fork_parent();
}

static void *fork_beside(void *unused) {
  (void)unused;
  heap_fork_prepare();
  sem_post(&ready);
  sem_wait(&finish);
  heap_fork_parent();
  return NULL;
}

/* Growth stands still until the last of several forks is over. */
static void forks_overlap(void) {
  sem_init(&ready, 0, 0);
  sem_init(&finish, 0, 0);
  pthread_t beside;
  heap_fork_prepare();
  require(pthread_create(&beside, NULL, fork_beside, NULL) == 0);
  sem_wait(&ready);
  heap_fork_parent();
  require(!another_may_grow());
  in_child(grow_and_take_over);
  sem_post(&finish);
  pthread_join(beside, NULL);
  require(another_may_grow());
}

/* The right to grow that the forking thread has itself stays its own. */
static void own_growth_stays(void) {
  require(range_growth_enter());
  heap_fork_prepare();
  heap_fork_child();
  require(!range_growth_enter());
  range_growth_leave(true);
  require(range_growth_enter());
  range_growth_leave(true);
}

/* Counts start again with what is alive. */
static void counts_start_again(void) {
  struct heap *mine = become_new_thread();
  struct heap_totals before = totals_of_all(), t;
  allocate_all(100, 200);
  for (unsigned i = 0; i < 30; i++)
    heap_free(objects[i]);
  uint64_t live = before.allocs[13] - before.frees[13] + 70;
  heap_fork_prepare();
  heap_fork_child();
  t = totals_of_all();
  require(t.allocs[13] == live && t.frees[13] == 0 && t.remote[13] == 0);
  for (unsigned i = 30; i < 100; i++)
    heap_free(objects[i]);
  allocate_all(10, 200);
  t = totals_of_all();
  require(t.allocs[13] == live + 10 && t.frees[13] == 70);
  heap_read_totals(mine, false, &t);
  require(t.allocs[13] >= t.frees[13]);
}

/* ---- forks at any moment ---- */

static _Atomic(void *) slots[SLOTS];
static _Atomic bool stop;
static _Atomic bool resting; /* so that the child has a processor */
static bool is_child;
static unsigned forks = UNDER_ASAN || UNDER_TSAN ? 60 : 300;

static unsigned char byte_of(const void *p) { return (unsigned char)((uintptr_t)p >> 4); }

/* While a fork runs, a growth of another thread waits for the kernel, and a request that needs one
 * too is refused after a bounded time; never in a child, which has one thread. */
static void *filled(size_t n) {
  void *p;
  while ((p = allocate(n)) == NULL)
    require(!is_child);
  fill(p, heap_usable(p, "test", NULL), byte_of(p));
  return p;
}

static void free_filled(void *p) {
  require(is_filled(p, heap_usable(p, "test", NULL), byte_of(p)));
  heap_free(p);
}

/* Bursts of one size empty and fill slabs; what goes through the slots is freed by others. */
static void *work(void *seed) {
  enum { BURST = 400 };
  void *burst[BURST];
  uint64_t random = (uintptr_t)seed;
  while (!atomic_load(&stop)) {
    while (atomic_load(&resting))
      usleep(100);
    size_t n = next_random(&random) % 8 * 70;
    for (unsigned i = 0; i < BURST; i++)
      burst[i] = filled(n);
    for (unsigned i = 0; i < BURST; i++) {
      void *p = atomic_exchange(&slots[next_random(&random) % SLOTS], burst[i]);
      if (p != NULL)
        free_filled(p);
    }
  }
  heap_thread_ended();
  return NULL;
}

/* Visits all heaps all the time (heap_visit.h). */
static void *visit(void *unused) {
  (void)unused;
  while (!atomic_load(&stop)) {
    while (atomic_load(&resting))
      usleep(100);
    heap_visit_all();
  }
  return NULL;
}

static void *own[OWN];

/* What a child does: everything of its parent can be freed, and new objects share nothing. */
static void live_as_child(void) {
  static void *fresh[CHILD_OBJECTS];
  uint64_t random = (uint64_t)getpid();
  drop_cmocka();
  alarm(60); /* a hang is a failure */
  is_child = limit_is_loose = true;
  check_all_heaps();
  for (unsigned i = 0; i < CHILD_OBJECTS; i++)
    fresh[i] = filled(next_random(&random) % (SMALL_MAX + 1));
  for (unsigned i = 0; i < OWN; i++)
    free_filled(own[i]);
  for (unsigned i = 0; i < SLOTS; i++) {
    void *p = atomic_load(&slots[i]);
    if (p != NULL)
      free_filled(p);
  }
  for (unsigned i = 0; i < CHILD_OBJECTS; i++)
    free_filled(fresh[i]);
  heap_trim();
  limit_is_loose = false;
  check_all_heaps();
}

static void child_and_grandchild(void) {
  pid_t grandchild = fork();
  if (grandchild == 0) {
    live_as_child();
    _exit(0);
  }
  int status;
  require(waitpid(grandchild, &status, 0) == grandchild && status == 0);
  live_as_child();
}

static void fork_once(unsigned number) {
  pid_t child = fork();
  require(child >= 0);
  if (child == 0) {
    number % 10 == 0 ? child_and_grandchild() : live_as_child();
    _exit(0);
  }
  atomic_store(&resting, true);
  for (unsigned i = 0; i < 50; i++) { /* the parent goes on meanwhile */
    unsigned k = (number * 50 + i) % OWN;
    free_filled(own[k]);
    own[k] = filled((size_t)k % (SMALL_MAX + 1));
  }
  int status;
  require(waitpid(child, &status, 0) == child);
  require(status == 0);
  atomic_store(&resting, false);
  usleep(number % 8 * 200); /* another moment each time */
}

static void forks_of_busy_threads(void) {
  pthread_t thread[WORKERS], visitor;
  require(pthread_atfork(heap_fork_prepare, heap_fork_parent, heap_fork_child) == 0);
  for (unsigned i = 0; i < OWN; i++)
    own[i] = filled(i % (SMALL_MAX + 1));
  for (uintptr_t i = 0; i < WORKERS; i++)
    require(pthread_create(&thread[i], NULL, work, (void *)(i + 1)) == 0);
  require(pthread_create(&visitor, NULL, visit, NULL) == 0);
  for (unsigned i = 0; i < forks; i++)
    fork_once(i);
  atomic_store(&stop, true);
  for (unsigned i = 0; i < WORKERS; i++)
    pthread_join(thread[i], NULL);
  pthread_join(visitor, NULL);
  limit_is_loose = true; /* what was to go back may have been the visitor's then (heap_memory.h) */
  check_all_heaps();
  heap_trim();
  limit_is_loose = false;
  check_all_heaps();
}

/* The same where any slab's cells may be in a list (heap_list.h). */
static void forks_of_busy_large_heaps(void) {
  list_spread_bytes = 0;
  forks_of_busy_threads();
}

APART(own_heap_is_left_alone)
APART(holder_vanishes)
APART(growth_is_whole)
APART(growth_is_refused_soon)
APART(tags_come_after_a_fork)
APART(forks_overlap)
APART(own_growth_stays)
APART(counts_start_again)
APART(forks_of_busy_threads)
APART(forks_of_busy_large_heaps)

int main(int argc, char **argv) {
  if (argc > 1)
    forks = (unsigned)strtoul(argv[1], NULL, 10);
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_own_heap_is_left_alone),
      cmocka_unit_test(test_holder_vanishes),
      cmocka_unit_test(test_growth_is_whole),
      cmocka_unit_test(test_growth_is_refused_soon),
      cmocka_unit_test(test_tags_come_after_a_fork),
      cmocka_unit_test(test_forks_overlap),
      cmocka_unit_test(test_own_growth_stays),
      cmocka_unit_test(test_counts_start_again),
      cmocka_unit_test(test_forks_of_busy_threads),
      cmocka_unit_test(test_forks_of_busy_large_heaps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
