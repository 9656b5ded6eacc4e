/* How much idle memory heaps keep when they are many (heap_budget.h).
 *
 * One thread plays all threads.  Each test runs in a child, with a range of its own.
 */
#include "heap_objects.h"

#include <time.h>

enum { HEAPS = 600, FEW_HEAPS = 20, CLASSES_USED = 15, EACH = 100 };

static struct heap *heaps[HEAPS];

static void sleep_ms(long ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static size_t size_of(unsigned i) { return 16 + i / EACH * 32 - (i / EACH == 14 ? 10 : 0); }

/* What a request of a server is like: many small objects, all of which are freed. */
static void burst(void) {
  for (unsigned i = 0; i < CLASSES_USED * EACH; i++)
    require((objects[i] = allocate(size_of(i))) != NULL);
  free_all(CLASSES_USED * EACH);
}

static uint64_t kept_bytes(const struct heap *h) {
  return count_get(&h->carved_bytes) + h->dirty_bytes;
}

static uint64_t kept_by_all(void) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < heap_count(); i++)
    sum += kept_bytes(heap_at(i));
  return sum;
}

static void start_threads(unsigned n) {
  for (unsigned i = 0; i < n; i++)
    heaps[i] = become_new_thread();
}

static void become(struct heap *h) { heap_self = h; }

static void end_thread(struct heap *h) {
  become(h);
  heap_thread_ended();
}

static void shares_shrink(void) {
  require(budget_share() == EMPTY_KEEP_BYTES);
  start_threads(32);
  require(budget_running() == 32 && budget_share() == EMPTY_KEEP_BYTES);
  start_threads(32);
  require(budget_share() == EMPTY_KEEP_BYTES / 2);
  start_threads(HEAPS);
  require(budget_share() == SLAB_BYTES);
  for (unsigned i = 0; i < HEAPS; i++)
    end_thread(heaps[i]);
  require(budget_running() == 64 && budget_share() == EMPTY_KEEP_BYTES / 2);
}

/* A thread of many that frees all it has keeps its share, in whatever order it frees; and the list
 * of a class that it used already while it had less than that. */
static void many_keep_little(void) {
  start_threads(HEAPS);
  for (unsigned i = 0; i < HEAPS; i += 50) {
    become(heaps[i]);
    burst();
    require(kept_bytes(heaps[i]) <= SLAB_BYTES + PAGE_BYTES);
    inventory();
  }
  become(heaps[1]);
  for (unsigned i = 0; i < CLASSES_USED * EACH; i++)
    require((objects[i] = allocate(size_of(i))) != NULL);
  for (unsigned i = CLASSES_USED * EACH; i-- > 0;)
    heap_free(objects[i]);
  require(kept_bytes(heaps[1]) <= SLAB_BYTES + PAGE_BYTES);
  check_all_heaps();
}

static void few_keep_their_lists(void) {
  start_threads(FEW_HEAPS);
  burst();
  uint64_t kept = kept_bytes(heap_self);
  uint32_t ticks = heap_self->ticks;
  require(kept > 300 << 10);
  burst();
  require(kept_bytes(heap_self) == kept && heap_self->ticks == ticks);
}

/* What comes and goes again and again is missed, and kept the next time. */
static void bursts_pay_twice(void) {
  start_threads(HEAPS);
  for (unsigned i = 0; i < 10; i++)
    burst();
  uint64_t released = os_released_bytes();
  uint32_t ticks = heap_self->ticks;
  for (unsigned i = 0; i < 10; i++)
    burst();
  require(os_released_bytes() == released && heap_self->ticks == ticks);
  inventory();
}

/* ... but all heaps together keep no more than there is for that. */
static void missed_bytes_are_bounded(void) {
  start_threads(HEAPS);
  uint64_t missed = 0;
  for (unsigned i = 0; i < HEAPS; i++) {
    become(heaps[i]);
    for (unsigned k = 0; k < 4; k++)
      burst();
    missed += heaps[i]->missed_bytes;
  }
  require(missed > BUDGET_MISSED_BYTES / 2 && missed <= BUDGET_MISSED_BYTES);
  require(kept_by_all() <= BUDGET_MISSED_BYTES + (uint64_t)HEAPS * SLAB_BYTES);
  check_all_heaps();
}

/* A program that goes on finds objects alive at each look: there are few looks then. */
static void vain_looks_are_few(void) {
  start_threads(HEAPS);
  burst();
  allocate_all(16 * SLAB_BYTES / 256, 256);
  void *kept = allocate(100);
  const _Atomic uint64_t *counted = &counts_of(heap_self)->passed[class_of(100)];
  uint64_t before = count_get(counted);
  unsigned looks = 0;
  for (unsigned i = 0; i < 100000; i++) {
    heap_free(allocate(100));
    looks += count_get(counted) != before;
    before = count_get(counted);
  }
  require(budget_is_exceeded(heap_self));
  require(looks > LOOKS_EXACT && looks < 24);
  heap_free(kept);
  inventory();
}

/* ---- ended threads ---- */

static void ended_threads_share_a_budget(void) {
  start_threads(100);
  for (unsigned i = 0; i < 100; i++) {
    become(heaps[i]);
    burst();
    objects[CLASSES_USED * EACH + i] = allocate(300); /* outlives it */
  }
  for (unsigned i = 0; i < 100; i++)
    end_thread(heaps[i]);
  uint64_t pinned = 100 * (uint64_t)SLAB_BYTES;
  require(kept_by_all() <= BUDGET_ENDED_BYTES + pinned);
  check_all_heaps();
  become(NULL);
  become_new_thread();
  for (unsigned i = 0; i < 100; i++)
    heap_free(objects[CLASSES_USED * EACH + i]);
  heap_trim();
  check_all_heaps();
}

/* Objects that outlive their threads are not idle: they use nothing up. */
static void pinned_memory_does_not_count(void) {
  struct heap *h = become_new_thread();
  allocate_all(10000, 500); /* 5 MB */
  end_thread(h);
  require(count_get(&h->idle_bytes) == 0 && h->pinned_bytes > 4 << 20);
  require(become_new_thread() == h);
  void *p = allocate(500);
  uint64_t carved = count_get(&h->carved_bytes);
  heap_free(p);
  end_thread(h);
  require(count_get(&h->carved_bytes) == carved); /* its list stayed */
  require(count_get(&h->idle_bytes) > 0 && count_get(&h->idle_bytes) <= 2 * SLAB_BYTES);
}

/* One after the other, each finds what the one before left. */
static void short_threads_pay_nothing(void) {
  struct heap *h = become_new_thread();
  burst();
  end_thread(h);
  uint64_t released = os_released_bytes(), kept = kept_bytes(h);
  for (unsigned i = 0; i < 100; i++) {
    require(become_new_thread() == h && count_get(&h->idle_bytes) == 0);
    burst();
    end_thread(h);
    require(count_get(&h->idle_bytes) == kept_bytes(h));
  }
  require(os_released_bytes() == released && kept_bytes(h) == kept);
}

/* Threads that leave more than the budget pay twice. */
static void large_threads_pay_twice(void) {
  struct heap *h = become_new_thread();
  for (unsigned i = 0; i < 8; i++) {
    uint64_t released = os_released_bytes();
    allocate_all(10000, 500); /* 5 MB */
    free_all(10000);
    end_thread(h);
    require(i < 3 || os_released_bytes() == released);
    require(become_new_thread() == h);
  }
  require(os_released_bytes() > 0);
  end_thread(h);
  sleep_ms(EMPTY_DELAY_MS + 30);
  heap_trim_old();
  require(kept_bytes(h) == 0 && h->missed_bytes == 0);
}

/* What no thread needed for half a second goes in a slow path of any other. */
static void old_memory_of_ended_threads_goes(void) {
  start_threads(3);
  become(heaps[0]);
  burst();
  end_thread(heaps[0]);
  require(kept_bytes(heaps[0]) > 300 << 10);
  become(heaps[1]);
  allocate_all(64 * 40, 100);
  require(kept_bytes(heaps[0]) > 300 << 10);
  sleep_ms(EMPTY_DELAY_MS + 30);
  allocate_all(64 * 40, 100);
  require(kept_bytes(heaps[0]) == 0 && count_get(&heaps[0]->idle_bytes) == 0);
  check_all_heaps();
}

/* ---- which heap ---- */

static void idle_heaps_are_found(void) {
  start_threads(HEAPS);
  end_thread(heaps[577]);
  end_thread(heaps[130]);
  require(become_new_thread() == heaps[130] && become_new_thread() == heaps[577]);
  require(heap_count() == HEAPS);
  end_thread(heaps[300]);
  heap_claim_idle();
  require(become_new_thread() == heap_at(HEAPS)); /* clears the bit of the claimed one */
  heap_release_idle();
  require(become_new_thread() == heaps[300]);
}

static void children_start_their_own_budget(void) {
  start_threads(HEAPS);
  end_thread(heaps[3]);
  become(heaps[4]);
  heap_fork_prepare();
  pid_t child = fork();
  if (child == 0) {
    heap_fork_child();
    require(budget_running() == 1 && budget_share() == EMPTY_KEEP_BYTES);
    require(become_new_thread() == heaps[3]);
    check_all_heaps();
    _exit(0);
  }
  int status;
  require(waitpid(child, &status, 0) == child && status == 0);
}

APART(shares_shrink)
APART(many_keep_little)
APART(few_keep_their_lists)
APART(bursts_pay_twice)
APART(missed_bytes_are_bounded)
APART(vain_looks_are_few)
APART(ended_threads_share_a_budget)
APART(pinned_memory_does_not_count)
APART(short_threads_pay_nothing)
APART(large_threads_pay_twice)
APART(old_memory_of_ended_threads_goes)
APART(idle_heaps_are_found)
APART(children_start_their_own_budget)

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shares_shrink),
      cmocka_unit_test(test_many_keep_little),
      cmocka_unit_test(test_few_keep_their_lists),
      cmocka_unit_test(test_bursts_pay_twice),
      cmocka_unit_test(test_missed_bytes_are_bounded),
      cmocka_unit_test(test_vain_looks_are_few),
      cmocka_unit_test(test_ended_threads_share_a_budget),
      cmocka_unit_test(test_pinned_memory_does_not_count),
      cmocka_unit_test(test_short_threads_pay_nothing),
      cmocka_unit_test(test_large_threads_pay_twice),
      cmocka_unit_test(test_old_memory_of_ended_threads_goes),
      cmocka_unit_test(test_idle_heaps_are_found),
      cmocka_unit_test(test_children_start_their_own_budget),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
