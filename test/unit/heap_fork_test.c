/* The child of a fork: every heap sound, whatever its gone thread was doing.
 *
 *   heap_fork_test [FORKS]             default 300 forks (60 under a sanitizer) of a process
 *                                    with 3 busy threads
 *
 * First each half-done step that heap_fork.c names, arranged by hand: `gone` is the heap of a
 * thread that vanished there, `mine` that of the thread that forked. Then the same by chance.
 */
#include "heap_setup.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

enum { WORKERS = 3, SLOTS = 512, OWN = 2000, CHILD_OBJECTS = 3000 };

static struct heap *gone, *mine;

/* ---- steps left half done ---- */

static void take_over(struct heap *h) {
  for (unsigned i = 0; i < heap_count() && heap_self != h; i++)
    become_new_thread();
  require(heap_self == h);
}

/* Makes both heaps, lets `leave` arrange what the gone thread left, and forks; no second process
 * is needed for what the child does, and this one is a test's own. */
static void fork_after(void (*leave)(void)) {
  gone = become_new_thread();
  mine = become_new_thread();
  heap_self = gone;
  leave();
  heap_lend_back(gone);
  heap_self = mine;
  heap_fork_prepare();
  heap_fork_child();
  limit_is_loose = true;
  check_all_heaps();
}

/* Nothing that `objects` holds is handed out again. */
static void expect_unshared(void **objects, unsigned n, size_t size) {
  take_over(gone);
  for (unsigned i = 0; i < 3000; i++) {
    const void *p = allocate(size);
    for (unsigned k = 0; k < n; k++)
      require(objects[k] != p);
  }
  check_all_heaps();
}

static void *objects[4096];

static void allocate_objects(unsigned n, size_t size) {
  for (unsigned i = 0; i < n; i++)
    require((objects[i] = allocate(size)) != NULL);
}

/* `left` objects of a slab's 64 are alive, the others are being moved to the thread's list. */
static void leave_harvest(unsigned freed, bool counted, bool moved) {
  allocate_objects(64, 64);
  struct slab *s = slab_of(objects[0]);
  require(gone->head[4] == NULL && s->carved == 64);
  for (unsigned i = 64 - freed; i < 64; i++)
    heap_free(objects[i]);
  count_add(&gone->freed[4], freed);
  s->until = 1;
  s->parked = 63;
  if (counted)
    count_add(&gone->passed[4], freed);
  if (moved)
    gone->head[4] = s->free->next;
}

static void leave_harvest_moved(void) { leave_harvest(10, true, true); }
static void leave_harvest_counted(void) { leave_harvest(10, true, false); }
static void leave_harvest_begun(void) { leave_harvest(10, false, false); }
static void leave_harvest_of_one(void) { leave_harvest(1, true, true); }

static void harvest_moved(void) {
  fork_after(leave_harvest_moved);
  expect_unshared(objects, 54, 64);
}
static void harvest_counted(void) {
  fork_after(leave_harvest_counted);
  expect_unshared(objects, 54, 64);
}
static void harvest_begun(void) {
  fork_after(leave_harvest_begun);
  expect_unshared(objects, 54, 64);
}
static void harvest_of_one(void) {
  fork_after(leave_harvest_of_one);
  expect_unshared(objects, 63, 64);
}

static void leave_carve(void) {
  allocate_objects(64, 64);
  unsigned n;
  slab_carve(slab_of(objects[0]), 64, &n);
}
static void carve_begun(void) {
  fork_after(leave_carve);
  expect_unshared(objects, 64, 64);
}

/* A slab that stands in no list between two of them. */
static void leave_slab_in_no_queue(void) {
  allocate_objects(300, 500); /* 131 a slab */
  heap_free(objects[0]);
  struct slab *s = slab_of(objects[0]);
  require(s->state == SLAB_QUEUED);
  queue_remove(&gone->queue[32], s);
}
static void slab_in_no_queue(void) {
  fork_after(leave_slab_in_no_queue);
  require(slab_of(objects[0])->state == SLAB_QUEUED);
  expect_unshared(objects + 1, 299, 500);
}

/* The last object of a slab was freed; the steps of heap_keep_slab up to that many are done. */
static void leave_retire(unsigned steps) {
  allocate_objects(300, 500);
  struct slab *s = slab_of(objects[0]);
  for (unsigned i = 0; i < s->capacity - 1u; i++)
    heap_free(objects[i]);
  ((struct cell *)objects[s->capacity - 1])->next = s->free;
  s->free = objects[s->capacity - 1];
  s->until = 0;
  queue_remove(&gone->queue[32], s);
  if (steps >= 1)
    count_add(&gone->freed[32], s->carved);
  if (steps >= 2)
    count_add(&gone->carved_bytes, -(uint64_t)(s->carved * class_bytes(32)));
  if (steps >= 3)
    s->class = 0;
  if (steps >= 4)
    s->free = NULL;
}
static void leave_retire_0(void) { leave_retire(0); }
static void leave_retire_1(void) { leave_retire(1); }
static void leave_retire_2(void) { leave_retire(2); }
static void leave_retire_3(void) { leave_retire(3); }
static void leave_retire_4(void) { leave_retire(4); }
static void retire_begun(void) { fork_after(leave_retire_0); }
static void retire_freed_counted(void) { fork_after(leave_retire_1); }
static void retire_bytes_counted(void) { fork_after(leave_retire_2); }
static void retire_class_cleared(void) { fork_after(leave_retire_3); }
static void retire_list_cleared(void) { fork_after(leave_retire_4); }

/* A slab was passed out by its block, its row not written yet. */
static void leave_fresh_slab(void) {
  allocate_objects(1, 500);
  struct block *b = gone->blocks;
  memset(slab_of(b->ab_mem + b->ab_offset), 0, sizeof(struct slab));
  b->ab_offset += SLAB_BYTES;
}
static void fresh_slab_begun(void) { fork_after(leave_fresh_slab); }

/* A block claimed and in no list yet, the one before used up. */
static void leave_block_claimed(void) {
  while (gone->blocks->ab_offset < gone->blocks->ab_size)
    allocate_objects(100, 500);
  require(block_take(gone) != NULL);
}
static void block_claimed(void) {
  fork_after(leave_block_claimed);
  require(held_blocks(gone) == 2);
}

/* A block unlinked, and the first of its slabs' rows cleared. */
static void leave_block_half_given(void) {
  struct block *b = block_take(gone);
  while (block_next_slab(b) != NULL)
    ;
  slab_of(b->ab_mem)->owner = NULL;
  slab_of(b->ab_mem)->state = SLAB_UNUSED;
}
static void block_half_given(void) {
  fork_after(leave_block_half_given);
  require(held_blocks(gone) == 2);
  take_over(gone);
  trim_own();
  require(held_blocks(gone) == 1);
}

/* A thread's list that the program wrote over. */
static void leave_broken_list(void) {
  allocate_objects(4, 64);
  gone->head[4]->next = (struct cell *)objects; /* nowhere in the range */
}
static void broken_thread_list(void) {
  fork_after(leave_broken_list);
  expect_unshared(objects, 4, 64);
}

static void leave_broken_free_list(void) {
  allocate_objects(300, 500);
  for (unsigned i = 0; i < 20; i++)
    heap_free(objects[i]);
  ((struct cell *)objects[10])->next = (struct cell *)objects;
}
static void broken_free_list(void) {
  fork_after(leave_broken_free_list);
  expect_unshared(objects + 20, 280, 500);
}

/* ---- mail and batches ---- */

static uint64_t live_of(struct heap *h, unsigned c) { return check_invariants(h).live[c]; }

static void set_mail(void *p) {
  ((struct cell *)p)->next = NULL;
  atomic_store(&mail_of(slab_of(p))->word, (uint64_t)(uintptr_t)p << 16 | 1);
}

static void expect_collected(struct heap *h, unsigned c, uint64_t live) {
  require(live_of(h, c) == live);
  take_over(h);
  trim_own();
  require(live_of(h, c) == live);
  require(mail_count(slab_of(objects[0])) == 0);
}

/* Gone between the two steps of a push. */
static void leave_mail_unposted(void) {
  allocate_objects(4, 64);
  set_mail(objects[0]);
}
static void mail_unposted(void) {
  fork_after(leave_mail_unposted);
  expect_collected(gone, 4, 3);
}

/* Gone while opening the inbox: the slab taken out, its mail not yet. */
static void leave_inbox_open(void) {
  allocate_objects(4, 64);
  set_mail(objects[0]);
  gone->inbox.open = slab_of(objects[0]);
}
static void inbox_open_left(void) {
  fork_after(leave_inbox_open);
  expect_collected(gone, 4, 3);
}

/* Two slabs exchanged out of the inbox, the first one just looked at. */
static void leave_inbox_taken(void) {
  allocate_objects(300, 500);
  set_mail(objects[0]);
  set_mail(objects[299]);
  gone->inbox.open = gone->inbox.taken = slab_of(objects[0]);
  mail_of(slab_of(objects[0]))->next = slab_of(objects[299]);
  mail_of(slab_of(objects[299]))->next = NULL;
}
static void inbox_taken_left(void) {
  fork_after(leave_inbox_taken);
  expect_collected(gone, 32, 298);
}

/* A clean slab got its class, nothing after it. */
static void leave_assigned_slab(void) {
  allocate_objects(1, 500);
  slab_assign(block_next_slab(gone->blocks), 7);
}
static void slab_assigned(void) { fork_after(leave_assigned_slab); }

/* Mail that waited at the fork is no remote free of the child. */
static void leave_mail_waiting(void) {
  allocate_objects(4, 64);
  mail_post(slab_of(objects[0]), &gone->inbox, objects[0], objects[0], 1);
}
static void mail_waiting(void) {
  fork_after(leave_mail_waiting);
  struct heap_totals t = totals_of_all();
  require(t.allocs[4] == 3 && t.frees[4] == 0 && t.remote[4] == 0);
  expect_collected(gone, 4, 3);
  t = totals_of_all();
  require(t.allocs[4] == 3 && t.frees[4] == 0 && t.remote[4] == 0);
  heap_read_totals(gone, false, &t);
  require(t.remote[4] == 0);
}

/* A batch in gone's heap for a slab of mine: n cells counted, one more linked. */
static void leave_batch(unsigned counted) {
  heap_self = mine;
  allocate_objects(8, 64);
  heap_self = gone;
  for (unsigned i = 0; i <= counted; i++)
    heap_free(objects[i]);
  struct batch *b = &gone->batch[slab_index(slab_of(objects[0])) % BATCHES];
  require(b->cells == counted + 1);
  b->cells = counted;
}
static void leave_batch_uncounted(void) { leave_batch(4); }
static void leave_batch_broken(void) {
  leave_batch(4);
  gone->batch[slab_index(slab_of(objects[0])) % BATCHES].first->next = (struct cell *)objects;
}
static void batch_uncounted(void) {
  fork_after(leave_batch_uncounted);
  expect_collected(mine, 4, 3);
}
static void batch_broken(void) {
  fork_after(leave_batch_broken);
  expect_collected(mine, 4, 8);
}

/* ---- claims, growth, counts ---- */

/* The forking thread may stand in the middle of its own malloc: nothing of its heap moves. */
static void own_heap_is_left_alone(void) {
  static struct heap before;
  mine = become_new_thread();
  allocate_objects(300, 500);
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
  heap_hold_idle();
  sem_post(&ready);
  sem_wait(&finish);
  heap_let_go();
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
  gone = become_new_thread();
  mine = become_new_thread();
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
  mine = become_new_thread();
  struct heap_totals before = totals_of_all(), t;
  allocate_objects(100, 200);
  for (unsigned i = 0; i < 30; i++)
    heap_free(objects[i]);
  count_add(&mine->large_allocs, 5);
  count_add(&mine->large_frees, 3);
  uint64_t live = before.allocs[13] - before.frees[13] + 70;
  heap_fork_prepare();
  heap_fork_child();
  t = totals_of_all();
  require(t.allocs[13] == live && t.frees[13] == 0 && t.remote[13] == 0);
  for (unsigned i = 30; i < 100; i++)
    heap_free(objects[i]);
  allocate_objects(10, 200);
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
  pthread_t thread[WORKERS];
  require(pthread_atfork(heap_fork_prepare, NULL, heap_fork_child) == 0);
  for (unsigned i = 0; i < OWN; i++)
    own[i] = filled(i % (SMALL_MAX + 1));
  for (uintptr_t i = 0; i < WORKERS; i++)
    require(pthread_create(&thread[i], NULL, work, (void *)(i + 1)) == 0);
  for (unsigned i = 0; i < forks; i++)
    fork_once(i);
  atomic_store(&stop, true);
  for (unsigned i = 0; i < WORKERS; i++)
    pthread_join(thread[i], NULL);
  check_all_heaps();
}

/* Each in a process of its own. */
#define APART(body)                                                                                \
  static void test_##body(void **state) {                                                          \
    (void)state;                                                                                   \
    in_child(body);                                                                                \
  }
APART(harvest_moved)
APART(harvest_counted)
APART(harvest_begun)
APART(harvest_of_one)
APART(carve_begun)
APART(slab_in_no_queue)
APART(retire_begun)
APART(retire_freed_counted)
APART(retire_bytes_counted)
APART(retire_class_cleared)
APART(retire_list_cleared)
APART(fresh_slab_begun)
APART(block_claimed)
APART(block_half_given)
APART(broken_thread_list)
APART(broken_free_list)
APART(slab_assigned)
APART(mail_unposted)
APART(inbox_open_left)
APART(inbox_taken_left)
APART(mail_waiting)
APART(batch_uncounted)
APART(batch_broken)
APART(own_heap_is_left_alone)
APART(holder_vanishes)
APART(own_growth_stays)
APART(counts_start_again)
APART(forks_of_busy_threads)

int main(int argc, char **argv) {
  if (argc > 1)
    forks = (unsigned)strtoul(argv[1], NULL, 10);
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_harvest_moved),        cmocka_unit_test(test_harvest_counted),
      cmocka_unit_test(test_harvest_begun),        cmocka_unit_test(test_harvest_of_one),
      cmocka_unit_test(test_carve_begun),          cmocka_unit_test(test_slab_in_no_queue),
      cmocka_unit_test(test_retire_begun),         cmocka_unit_test(test_retire_freed_counted),
      cmocka_unit_test(test_retire_bytes_counted), cmocka_unit_test(test_retire_class_cleared),
      cmocka_unit_test(test_retire_list_cleared),  cmocka_unit_test(test_fresh_slab_begun),
      cmocka_unit_test(test_block_claimed),        cmocka_unit_test(test_block_half_given),
      cmocka_unit_test(test_broken_thread_list),   cmocka_unit_test(test_broken_free_list),
      cmocka_unit_test(test_slab_assigned),        cmocka_unit_test(test_mail_unposted),
      cmocka_unit_test(test_inbox_open_left),      cmocka_unit_test(test_inbox_taken_left),
      cmocka_unit_test(test_mail_waiting),         cmocka_unit_test(test_batch_uncounted),
      cmocka_unit_test(test_batch_broken),         cmocka_unit_test(test_own_heap_is_left_alone),
      cmocka_unit_test(test_holder_vanishes),      cmocka_unit_test(test_own_growth_stays),
      cmocka_unit_test(test_counts_start_again),   cmocka_unit_test(test_forks_of_busy_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
