/* Visits to the heaps of threads that sleep (heap_visit.h): what goes back, what must not be
 * touched, and threads that wake up, free, fork or are signalled in the middle of a visit.
 *
 * Each test but the last runs in a child, with a range of its own; there one thread plays several.
 * os_purge is ours, so that a visit can be held up while it purges.
 */
#include "heap_objects.h"
#include "tally.h"

#include <semaphore.h>
#include <sys/mman.h>
#include <time.h>

enum { SIZE = 200, CELLS = SLAB_BYTES / 208, N = 16 * CELLS }; /* 16 slabs, all of them used up */

void __real_os_purge(void *address, size_t bytes);
void __wrap_os_purge(void *address, size_t bytes);

static void (*on_purge)(void); /* called before each */
static _Atomic unsigned purges;

void __wrap_os_purge(void *address, size_t bytes) {
  atomic_fetch_add(&purges, 1);
  if (on_purge != NULL)
    on_purge();
  __real_os_purge(address, bytes);
}

static void sleep_ms(long ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void become(struct heap *h) { heap_self = h; }

/* As if the owner of h had been in no slow path for that long. */
static void fall_asleep(struct heap *h) {
  heap_note_awake(h, os_now_ms() - EMPTY_DELAY_MS - 100);
  for (struct slab *s = h->dirty.first; s != NULL; s = s->next)
    slab_lend(s, os_now_ms() - EMPTY_DELAY_MS - 100);
}

static void look(void) {
  sleep_ms(2 * VISIT_LOOK_MS);
  heap_visit_some();
}

static bool is_resident(const void *p) {
  unsigned char there;
  require(mincore((void *)((uintptr_t)p & -(uintptr_t)PAGE_BYTES), 1, &there) == 0);
  return (there & 1) != 0;
}

static unsigned resident_of(unsigned n) {
  unsigned count = 0;
  for (unsigned i = 0; i < n; i++)
    count += is_resident(objects[i]);
  return count;
}

static void fill_all(unsigned n) {
  for (unsigned i = 0; i < n; i++)
    fill(objects[i], SIZE, byte_of(objects[i]));
}

/* A heap whose N objects are written and then freed by another thread, but for each `kept`-th;
 * the calling thread is that other one afterwards. */
static struct heap *give_away(unsigned n, unsigned kept) {
  struct heap *owner = become_new_thread();
  allocate_all(n, SIZE);
  fill_all(n);
  become_new_thread();
  for (unsigned i = 0; i < n; i++)
    if (kept == 0 || i % kept != 0)
      heap_free(objects[i]);
  return owner;
}

/* ---- cells in the mail ---- */

static void pages_of_mailed_cells_go(void) {
  struct heap *owner = give_away(N, 0);
  look();
  require(resident_of(N) == N); /* the owner was awake just now */
  fall_asleep(owner);
  look();
  require(resident_of(N) == 0);
  check_all_heaps();
  become(owner);
  uint64_t blocks = held_blocks(owner);
  allocate_all(N, SIZE);
  fill_all(N);
  require(held_blocks(owner) <= blocks + 1); /* one for the slab that is current meanwhile */
  free_all(N);
  check_all_heaps();
}

/* The owner finds its cells, and those it frees itself, where they were. */
static void the_living_stay(void) {
  enum { KEPT = 100 };
  struct heap *owner = give_away(N, KEPT);
  fall_asleep(owner);
  look();
  require(resident_of(N) < N * 3 / 4);
  become(owner);
  for (unsigned i = 0; i < N; i += KEPT) {
    require(is_filled(objects[i], SIZE, byte_of(objects[i])));
    heap_free(objects[i]);
  }
  heap_collect(owner);
  check_all_heaps();
  trim_own();
  require(count_get(&owner->carved_bytes) == 0);
}

/* Of all classes, cells that begin and end in other pages included. */
static void all_classes(void) {
  for (unsigned c = 1; c <= CLASSES; c++) {
    struct heap *owner = become_new_thread();
    unsigned cells = 3 * (unsigned)(SLAB_BYTES / class_bytes(c)), kept = c < 8 ? 600 : 97;
    allocate_all(cells, class_bytes(c) - (c == CLASSES));
    for (unsigned i = 0; i < cells; i++)
      fill(objects[i], class_bytes(c), byte_of(objects[i]));
    become_new_thread();
    for (unsigned i = 0; i < cells; i++)
      if (i % kept != 0)
        heap_free(objects[i]);
    fall_asleep(owner);
    uint64_t before = os_released_bytes();
    heap_visit_all();
    require(os_released_bytes() > before);
    for (unsigned i = 0; i < cells; i += kept)
      require(is_filled(objects[i], class_bytes(c), byte_of(objects[i])));
    check_invariants(owner);
  }
  check_all_heaps();
}

/* Pages that went are not purged again; pages that came back are. */
static void once_each(void) {
  struct heap *owner = give_away(N, 0), *other = heap_self;
  fall_asleep(owner);
  look();
  unsigned before = atomic_load(&purges);
  require(before > 0);
  look();
  require(atomic_load(&purges) == before);
  for (unsigned i = 0; i < 2; i++) {
    become(owner);
    heap_collect(owner);
    allocate_all(N, SIZE); /* the same slabs */
    fill_all(N);
    become(other);
    free_all(N);
    require(resident_of(N) == N);
    fall_asleep(owner);
    look();
    require(resident_of(N) == 0);
  }
  check_all_heaps();
}

/* The owner takes the slabs that are empty without touching them. */
static void empty_slabs_are_not_touched(void) {
  struct heap *owner = give_away(N, 0);
  fall_asleep(owner);
  look();
  become(owner);
  heap_collect(owner);
  require(resident_of(N - CELLS) == 0); /* the last of them is current */
  require(slab_of(objects[0])->class == 0);
  check_all_heaps();
}

/* ---- empty slabs ---- */

static void empty_slabs_go(void) {
  struct heap *owner = become_new_thread();
  allocate_all(N, SIZE);
  fill_all(N);
  free_all(N);
  uint64_t dirty = owner->dirty_bytes;
  require(dirty >= 10 * SLAB_BYTES);
  become_new_thread();
  look();
  require(resident_of(N) == N);
  fall_asleep(owner);
  look();
  require(resident_of(N) <= 2 * CELLS && owner->dirty_bytes == dirty);
  check_all_heaps();
  unsigned before = atomic_load(&purges);
  look();
  require(atomic_load(&purges) == before);
  become(owner);
  allocate_all(N, SIZE);
  fill_all(N);
  require(held_blocks(owner) <= 2);
  for (unsigned i = 0; i < N; i++)
    require(is_filled(objects[i], SIZE, byte_of(objects[i])));
  free_all(N);
  check_all_heaps();
}

/* A slab that is borrowed stays where it is, and so does its block. */
static void borrowed_slabs_are_left_alone(void) {
  struct heap *owner = become_new_thread();
  allocate_all(N, SIZE);
  free_all(N);
  struct slab *s = owner->dirty.first, *oldest = owner->dirty.last;
  require(s != oldest && slab_borrow(s, 0, os_now_ms()) && slab_borrow(oldest, 0, os_now_ms()));
  require(!slab_borrow(s, 0, os_now_ms()));
  allocate_all(N, SIZE);
  for (unsigned i = 0; i < N; i++)
    require(slab_of(objects[i]) != s && slab_of(objects[i]) != oldest);
  free_all(N);
  trim_own();
  require(s->owner == owner && s->state == SLAB_EMPTY && held_blocks(owner) == 1);
  slab_return(s, os_now_ms());
  slab_return(oldest, os_now_ms());
  trim_own();
  require(held_blocks(owner) == 0);
  check_all_heaps();
}

/* ---- in the middle of a visit ---- */

static sem_t inside, go_on;
static _Atomic bool is_done;
static pthread_t visitor;

/* The first purge waits. */
static void hold_up(void) {
  if (atomic_load(&purges) != 1)
    return;
  sem_post(&inside);
  while (sem_wait(&go_on) != 0)
    ;
}

static void *visit(void *unused) {
  heap_visit_all();
  atomic_store(&is_done, true);
  return unused;
}

/* Starts a visit of all heaps, which stands still at its first purge. */
static void begin_visit(void) {
  sem_init(&inside, 0, 0);
  sem_init(&go_on, 0, 0);
  atomic_store(&purges, 0);
  on_purge = hold_up;
  require(pthread_create(&visitor, NULL, visit, NULL) == 0);
  struct timespec limit;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 20;
  require(sem_timedwait(&inside, &limit) == 0);
}

static void end_visit(void) {
  sem_post(&go_on);
  pthread_join(visitor, NULL);
  on_purge = NULL;
}

/* The owner fills objects that the visitor must not touch, and frees them when the visit is over.
 */
static void use_and_end_visit(void) {
  allocate_all(2 * N, SIZE);
  fill_all(2 * N);
  end_visit();
  for (unsigned i = 0; i < 2 * N; i++)
    require(is_filled(objects[i], SIZE, byte_of(objects[i])));
  free_all(2 * N);
}

static void owner_wakes_up(void) {
  struct heap *owner = give_away(N, 0);
  begin_visit();
  become(owner);
  heap_collect(owner);
  use_and_end_visit();
  heap_collect(owner);
  check_all_heaps();
  trim_own();
  require(count_get(&owner->carved_bytes) == 0);
}

static void owner_takes_empty_slabs(void) {
  struct heap *owner = become_new_thread();
  allocate_all(N, SIZE);
  free_all(N);
  begin_visit();
  use_and_end_visit();
  check_invariants(owner);
}

/* Other threads free what is left meanwhile. */
static void others_free(void) {
  struct heap *owner = give_away(N, 100);
  begin_visit();
  for (unsigned i = 0; i < N; i += 100)
    heap_free(objects[i]);
  end_visit();
  check_all_heaps();
  fall_asleep(owner);
  look();
  require(resident_of(N) == 0);
  become(owner);
  trim_own();
  require(count_get(&owner->carved_bytes) == 0);
}

/* An object that is freed twice is noticed, although its first free is not in the mail. */
static void free_twice(void) {
  give_away(CELLS * 4, 0);
  begin_visit();
  heap_free(objects[70]);
  end_visit();
}
static void test_freed_twice(void **state) {
  (void)state;
  char said[256];
  death_of(free_twice, said, sizeof said);
  require(strstr(said, "an object was freed twice") != NULL);
}

static void *release_later(void *unused) {
  sleep_ms(50);
  sem_post(&go_on);
  return unused;
}

static void as_child(void) {
  heap_fork_child();
  check_all_heaps();
  uint64_t cells = 0;
  for (unsigned i = 0; i < heap_count(); i++) {
    become(heap_at(i));
    trim_own();
    cells += count_get(&heap_at(i)->carved_bytes);
  }
  require(cells == 0); /* none is lost */
}

static void forks_wait(void) {
  pthread_t releaser;
  struct heap *owner = give_away(N, 0);
  begin_visit();
  require(pthread_create(&releaser, NULL, release_later, NULL) == 0);
  heap_fork_prepare();
  require(atomic_load(&is_done));
  pthread_join(releaser, NULL);
  pthread_join(visitor, NULL);
  in_child(as_child);
  heap_fork_parent();
  give_away(N, 0); /* not between the two: growth stands still there */
  heap_fork_prepare();
  heap_visit_all();
  require(resident_of(N) == N);
  heap_fork_parent();
  heap_visit_all();
  require(resident_of(N) == 0);
  check_invariants(owner);
}

static void reports_wait(void) {
  pthread_t releaser;
  give_away(N, 0);
  begin_visit();
  require(pthread_create(&releaser, NULL, release_later, NULL) == 0);
  heap_claim_idle();
  require(atomic_load(&is_done));
  give_away(N, 0);
  heap_visit_all();
  require(resident_of(N) == N);
  heap_release_idle();
  heap_visit_all();
  require(resident_of(N) == 0);
  pthread_join(releaser, NULL);
  pthread_join(visitor, NULL);
}

static struct slab *borrowed;

static void as_child_without_visitor(void) {
  heap_fork_child();
  bool purged;
  require(slab_idle(borrowed) != IDLE_BORROWED && slab_reclaim(borrowed, &purged) && !purged);
  slab_lend(borrowed, os_now_ms());
  check_all_heaps();
  heap_visit_all();
  allocate_all(N, SIZE);
  free_all(N);
  check_all_heaps();
}

/* A visitor that does not end, because a debugger has stopped it, holds a fork up for a while. */
static void forks_wait_no_longer(void) {
  struct heap *owner = become_new_thread();
  allocate_all(N, SIZE);
  free_all(N);
  begin_visit();
  for (borrowed = owner->dirty.first; slab_idle(borrowed) != IDLE_BORROWED;)
    borrowed = borrowed->next;
  heap_fork_prepare();
  require(!atomic_load(&is_done));
  in_child(as_child_without_visitor);
  heap_fork_parent();
  end_visit();
}

static _Atomic bool is_handled;
static void handle(int unused) {
  (void)unused;
  atomic_store(&is_handled, true);
}

static void signals_wait(void) {
  signal(SIGUSR1, handle);
  give_away(N, 0);
  begin_visit();
  require(pthread_kill(visitor, SIGUSR1) == 0);
  sleep_ms(20);
  require(!atomic_load(&is_handled));
  end_visit();
  require(atomic_load(&is_handled));
}

/* ---- who looks ---- */

/* A thread that only frees, and has no heap. */
static void *free_for_long(void *unused) {
  for (unsigned i = 0; i < N; i++) {
    heap_free(objects[i]);
    if (i % CELLS == 0)
      sleep_ms(VISIT_LOOK_MS + 5);
  }
  require(heap_self == &heap_none);
  return unused;
}

static void frees_alone_look(void) {
  pthread_t thread;
  struct heap *owner = become_new_thread();
  allocate_all(N, SIZE);
  fill_all(N);
  fall_asleep(owner);
  require(pthread_create(&thread, NULL, free_for_long, NULL) == 0);
  pthread_join(thread, NULL);
  require(resident_of(N) <= 4 * CELLS);
}

static void slow_paths_look(void) {
  struct heap *owner = give_away(N, 0);
  void *mine[200];
  fall_asleep(owner);
  sleep_ms(2 * VISIT_LOOK_MS);
  for (unsigned i = 0; i < 200; i++)
    require((mine[i] = allocate(500)) != NULL);
  require(resident_of(N) == 0);
  for (unsigned i = 0; i < 200; i++)
    heap_free(mine[i]);
  check_all_heaps();
}

/* Once a look has found something, a thread whose list is never used up goes on. */
static void the_hurry_ends(void) {
  enum { SLABS = 3 * VISIT_COST / VISIT_COST_PURGE, SMALL = 500, EACH = SLAB_BYTES / 512 };
  static_assert(SLABS * EACH <= MANY, "room for them");
  struct heap *owner = become_new_thread();
  allocate_all(SLABS * EACH, SMALL);
  become_new_thread();
  free_all(SLABS * EACH);
  require(list_most_recycles() == RECYCLES_MAX);
  fall_asleep(owner);
  look();
  require(list_most_recycles() == RECYCLES_HURRY);
  require(resident_of(SLABS * EACH) > SLABS * EACH / 2);
  for (unsigned i = 0; i < 16 * RECYCLES_HURRY; i++)
    heap_free(allocate(300));
  require(resident_of(SLABS * EACH) == 0);
  sleep_ms(2 * VISIT_LOOK_MS);
  for (unsigned i = 0; i < 16 * RECYCLES_HURRY; i++)
    heap_free(allocate(300));
  require(list_most_recycles() == RECYCLES_MAX);
  check_all_heaps();
}

/* ---- at any moment ---- */

enum { WORKERS = 3, ROUNDS = 200, BATCH = 1500, BATCHES = 6 };

static void *batches[BATCHES][BATCH];
static _Atomic(void **) waiting[BATCHES - WORKERS]; /* those that no worker has */
static _Atomic unsigned next_batch;
static _Atomic bool stop;

static void *visit_on(void *unused) {
  while (!atomic_load(&stop))
    heap_visit_all();
  return unused;
}

static void free_batch(struct tally *books, void **batch) {
  for (unsigned i = 0; batch != NULL && i < BATCH; i++)
    if (batch[i] != NULL) {
      book_free(books, batch[i]);
      batch[i] = NULL;
    }
}

/* Makes batches, hands them on and frees others', so that whole slabs are in the mail; some objects
 * live on for a while. */
static void *pass_on(void *books) {
  uint64_t random = (uintptr_t)books | 1;
  void **batch = batches[WORKERS - 1 - atomic_fetch_add(&next_batch, 1) % WORKERS];
  for (unsigned i = 0; i < ROUNDS; i++) {
    size_t n = 50 + next_random(&random) % 8 * 60;
    for (unsigned k = 0; k < BATCH; k++)
      if (batch[k] == NULL || k % 90 != 0) {
        if (batch[k] != NULL)
          book_free(books, batch[k]);
        batch[k] = book_alloc(books, n);
      }
    batch = atomic_exchange(&waiting[i % (BATCHES - WORKERS)], batch);
    free_batch(books, batch);
  }
  free_batch(books, batch);
  heap_thread_ended();
  return NULL;
}

static void test_at_any_moment(void **state) {
  (void)state;
  static struct tally books[WORKERS], sum;
  pthread_t thread;
  start = totals_of_all();
  for (unsigned i = 0; i < BATCHES - WORKERS; i++)
    atomic_store(&waiting[i], batches[WORKERS + i]);
  require(pthread_create(&thread, NULL, visit_on, NULL) == 0);
  in_threads(WORKERS, pass_on, books);
  for (unsigned i = 0; i < WORKERS; i++)
    add_books(&sum, &books[i]);
  for (unsigned i = 0; i < BATCHES - WORKERS; i++)
    free_batch(&sum, atomic_load(&waiting[i]));
  atomic_store(&stop, true);
  pthread_join(thread, NULL);
  require(atomic_load(&purges) > 100);
  heap_trim();
  expect_books(&sum);
  check_all_heaps();
}

APART(pages_of_mailed_cells_go)
APART(the_living_stay)
APART(all_classes)
APART(once_each)
APART(empty_slabs_are_not_touched)
APART(empty_slabs_go)
APART(borrowed_slabs_are_left_alone)
APART(owner_wakes_up)
APART(owner_takes_empty_slabs)
APART(others_free)
APART(forks_wait)
APART(reports_wait)
APART(forks_wait_no_longer)
APART(signals_wait)
APART(frees_alone_look)
APART(slow_paths_look)
APART(the_hurry_ends)

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pages_of_mailed_cells_go),
      cmocka_unit_test(test_the_living_stay),
      cmocka_unit_test(test_all_classes),
      cmocka_unit_test(test_once_each),
      cmocka_unit_test(test_empty_slabs_are_not_touched),
      cmocka_unit_test(test_empty_slabs_go),
      cmocka_unit_test(test_borrowed_slabs_are_left_alone),
      cmocka_unit_test(test_owner_wakes_up),
      cmocka_unit_test(test_owner_takes_empty_slabs),
      cmocka_unit_test(test_others_free),
      cmocka_unit_test(test_freed_twice),
      cmocka_unit_test(test_forks_wait),
      cmocka_unit_test(test_reports_wait),
      cmocka_unit_test(test_forks_wait_no_longer),
      cmocka_unit_test(test_signals_wait),
      cmocka_unit_test(test_frees_alone_look),
      cmocka_unit_test(test_slow_paths_look),
      cmocka_unit_test(test_the_hurry_ends),
      cmocka_unit_test(test_at_any_moment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
