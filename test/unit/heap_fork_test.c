/* The child of a fork: every heap sound, whatever its gone thread was doing.
 *
 * Each half-done step that heap_fork.c names, arranged by hand: `remote_large_objects` is the heap
 * of a thread that vanished there, `mine` that of the thread that forked.  The same by chance is in
 * heap_fork_busy_test.c.
 */
#include "heap_objects.h"

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

/* None of these is handed out again. */
static void expect_unshared(void **alive, unsigned n, size_t size) {
  take_over(gone);
  for (unsigned i = 0; i < 3000; i++) {
    const void *p = allocate(size);
    for (unsigned k = 0; k < n; k++)
      require(alive[k] != p);
  }
  check_all_heaps();
}

/* `left` objects of a slab's 64 are alive, the others are being moved to the thread's list. */
static void leave_harvest(unsigned freed, bool counted, bool moved) {
  allocate_all(64, 64);
  struct slab *s = slab_of(objects[0]);
  require(gone->head[4] == NULL && s->carved == 64);
  s->freed_to = &s->free;
  for (unsigned i = 64 - freed; i < 64; i++)
    heap_free(objects[i]);
  count_add(&counts_of(gone)->freed[4], freed);
  s->countdown = 1;
  s->uncounted = 63;
  if (counted)
    count_add(&counts_of(gone)->passed[4], freed);
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
  allocate_all(64, 64);
  unsigned n;
  slab_carve(slab_of(objects[0]), 64, &n);
}
static void carve_begun(void) {
  fork_after(leave_carve);
  expect_unshared(objects, 64, 64);
}

/* A slab that stands in no list between two of them. */
static void leave_slab_in_no_queue(void) {
  allocate_all(300, 500); /* 131 a slab */
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

/* A signal handler forks while its own thread has a slab in hand: that goes on in the child. */
static void own_refill_goes_on(void) {
  gone = mine = become_new_thread();
  leave_slab_in_no_queue();
  heap_fork_prepare();
  heap_fork_child();
  struct slab *s = slab_of(objects[0]);
  require(mine->queue[32].first == NULL && s->state == SLAB_QUEUED);
  queue_push_last(&mine->queue[32], s);
  check_all_heaps();
}

/* The last object of a slab was freed; the steps of heap_keep_slab up to that many are done. */
static void leave_retire(unsigned steps) {
  allocate_all(300, 500);
  struct slab *s = slab_of(objects[0]);
  for (unsigned i = 0; i < s->capacity - 1u; i++)
    heap_free(objects[i]);
  ((struct cell *)objects[s->capacity - 1])->next = s->free;
  s->free = objects[s->capacity - 1];
  s->countdown = 0;
  queue_remove(&gone->queue[32], s);
  if (steps >= 1)
    count_add(&counts_of(gone)->freed[32], s->carved);
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
  allocate_all(1, 500);
  struct block *b = gone->blocks;
  memset(slab_of(b->ab_mem + b->ab_offset), 0, sizeof(struct slab));
  b->ab_offset += SLAB_BYTES;
}
static void fresh_slab_begun(void) { fork_after(leave_fresh_slab); }

/* A block claimed and in no list yet, the one before used up. */
static void leave_block_claimed(void) {
  while (gone->blocks->ab_offset < gone->blocks->ab_size)
    allocate_all(100, 500);
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
  require(held_blocks(gone) == 0);
}

/* A thread's list that the program wrote over. */
static void leave_broken_list(void) {
  allocate_all(4, 64);
  gone->head[4]->next = (struct cell *)objects; /* nowhere in the range */
}
static void broken_thread_list(void) {
  fork_after(leave_broken_list);
  expect_unshared(objects, 4, 64);
}

static void leave_broken_free_list(void) {
  allocate_all(300, 500);
  for (unsigned i = 0; i < 20; i++)
    heap_free(objects[i]);
  ((struct cell *)objects[10])->next = (struct cell *)objects;
}
static void broken_free_list(void) {
  fork_after(leave_broken_free_list);
  expect_unshared(objects + 20, 280, 500);
}

/* ---- mail ---- */

static uint64_t live_of(struct heap *h, unsigned c) { return check_invariants(h).live[c]; }

static unsigned cell_index(const void *p) { return slab_cell_index(slab_of(p), p); }
static uint64_t word_bit(const void *p) { return UINT64_C(1) << cell_index(p) / 64; }

/* The first step of giving an object to its owner; the second one. */
static void set_freed(void *p) {
  mail_of(slab_of(p))->freed[cell_index(p) / 64] |= UINT64_C(1) << cell_index(p) % 64;
}
static void set_mail(void *p) {
  set_freed(p);
  mail_of(slab_of(p))->words |= word_bit(p);
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
  allocate_all(4, 64);
  set_mail(objects[0]);
}
static void mail_unposted(void) {
  fork_after(leave_mail_unposted);
  expect_collected(gone, 4, 3);
}

/* Gone while opening the inbox: the slab taken out, its mail not yet. */
static void leave_inbox_open(void) {
  allocate_all(4, 64);
  set_mail(objects[0]);
  gone->inbox.open = slab_of(objects[0]);
}
static void inbox_open_left(void) {
  fork_after(leave_inbox_open);
  expect_collected(gone, 4, 3);
}

/* Two slabs exchanged out of the inbox, the first one just looked at. */
static void leave_inbox_taken(void) {
  allocate_all(300, 500);
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
  allocate_all(1, 500);
  slab_assign(block_next_slab(gone->blocks), 7);
}
static void slab_assigned(void) { fork_after(leave_assigned_slab); }

/* Mail that waited at the fork is no remote free of the child. */
static void leave_mail_waiting(void) {
  allocate_all(4, 64);
  require(mail_put(slab_of(objects[0]), &gone->inbox, cell_index(objects[0])));
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

/* Gone before it said that a word has mail; with and without an older word. */
static void leave_word_unsaid(void) {
  allocate_all(100, 64);
  set_freed(objects[0]);
}
static void leave_second_word_unsaid(void) {
  leave_word_unsaid();
  require(mail_put(slab_of(objects[99]), &gone->inbox, cell_index(objects[99])));
  require(word_bit(objects[0]) != word_bit(objects[99]));
}
static void word_unsaid(void) {
  fork_after(leave_word_unsaid);
  expect_collected(gone, 4, 99);
}
static void second_word_unsaid(void) {
  fork_after(leave_second_word_unsaid);
  expect_collected(gone, 4, 98);
}

/* Gone with the slab's words taken, and one of them emptied: these cells stay used. */
static void leave_inbox_half_open(void) {
  leave_word_unsaid();
  gone->inbox.open = slab_of(objects[0]);
  gone->inbox.opened = word_bit(objects[0]) | word_bit(objects[99]);
}
static void inbox_half_open_left(void) {
  fork_after(leave_inbox_half_open);
  expect_collected(gone, 4, 99);
}

/* A signal handler forks in the middle of its own thread's collection, which goes on in the child:
 * what it still has to empty is left to it; what a gone thread gave meanwhile is posted. */
static void own_collection_goes_on(void) {
  gone = become_new_thread();
  mine = become_new_thread();
  allocate_all(100, 64);
  struct slab *s = slab_of(objects[0]);
  set_freed(objects[0]);
  mine->inbox.open = s;
  mine->inbox.opened = word_bit(objects[0]);
  heap_fork_prepare();
  heap_fork_child();
  require(mail_words(s) == 0 && !inbox_waiting(&mine->inbox));
  set_freed(objects[99]);
  heap_fork_child();
  require(mail_words(s) == word_bit(objects[99]) && atomic_load(&mine->inbox.posted) == s);
  require(mail_of(s)->next == NULL);
  heap_fork_child(); /* once is enough */
  require(atomic_load(&mine->inbox.posted) == s && mail_of(s)->next == NULL);
}

/* The same while a list takes its own slab's mail, of which one word stays posted. */
static void own_mail_goes_on(void) {
  gone = become_new_thread();
  mine = become_new_thread();
  allocate_all(100, 64);
  struct slab *s = slab_of(objects[0]);
  require(mail_put(s, &mine->inbox, cell_index(objects[0])));
  set_freed(objects[99]);
  mine->inbox.open = s;
  mine->inbox.opened = word_bit(objects[99]);
  heap_fork_prepare();
  heap_fork_child();
  require(mail_words(s) == word_bit(objects[0]));
  require(atomic_load(&mine->inbox.posted) == s && mail_of(s)->next == NULL);
}

APART(harvest_moved)
APART(harvest_counted)
APART(harvest_begun)
APART(harvest_of_one)
APART(carve_begun)
APART(slab_in_no_queue)
APART(own_refill_goes_on)
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
APART(word_unsaid)
APART(second_word_unsaid)
APART(inbox_half_open_left)
APART(own_collection_goes_on)
APART(own_mail_goes_on)

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_harvest_moved),        cmocka_unit_test(test_harvest_counted),
      cmocka_unit_test(test_harvest_begun),        cmocka_unit_test(test_harvest_of_one),
      cmocka_unit_test(test_carve_begun),          cmocka_unit_test(test_slab_in_no_queue),
      cmocka_unit_test(test_own_refill_goes_on),   cmocka_unit_test(test_retire_begun),
      cmocka_unit_test(test_retire_freed_counted), cmocka_unit_test(test_retire_bytes_counted),
      cmocka_unit_test(test_retire_class_cleared), cmocka_unit_test(test_retire_list_cleared),
      cmocka_unit_test(test_fresh_slab_begun),     cmocka_unit_test(test_block_claimed),
      cmocka_unit_test(test_block_half_given),     cmocka_unit_test(test_broken_thread_list),
      cmocka_unit_test(test_broken_free_list),     cmocka_unit_test(test_slab_assigned),
      cmocka_unit_test(test_mail_unposted),        cmocka_unit_test(test_inbox_open_left),
      cmocka_unit_test(test_inbox_taken_left),     cmocka_unit_test(test_mail_waiting),
      cmocka_unit_test(test_word_unsaid),          cmocka_unit_test(test_second_word_unsaid),
      cmocka_unit_test(test_inbox_half_open_left), cmocka_unit_test(test_own_collection_goes_on),
      cmocka_unit_test(test_own_mail_goes_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
