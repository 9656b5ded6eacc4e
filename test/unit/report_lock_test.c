/* The report lock (report_lock.h): who has it, who waits for it, and whose it is after a fork. */
#include "apart.h"

#include <pthread.h>

#include "report_lock.h"

static struct report_lock l = REPORT_LOCK_FREE;

/* ---- a thread that holds the lock while something else happens ---- */

static pthread_barrier_t both;

static void *hold(void *unused) {
  (void)unused;
  require(report_lock_take(&l, 0));
  pthread_barrier_wait(&both); /* it is held from here */
  pthread_barrier_wait(&both); /* to here */
  report_lock_release(&l);
  return NULL;
}

static void while_held(void (*what)(void)) {
  pthread_t holder;
  pthread_barrier_init(&both, NULL, 2);
  require(pthread_create(&holder, NULL, hold, NULL) == 0);
  pthread_barrier_wait(&both);
  what();
  pthread_barrier_wait(&both);
  require(pthread_join(holder, NULL) == 0);
}

/* ---- tests ---- */

static void take_and_release(void) {
  require(!report_lock_is_mine(&l));
  require(report_lock_take(&l, 0) && report_lock_is_mine(&l));
  require(!report_lock_take(&l, 1000000)); /* at once: who holds it would wait for itself */
  report_lock_release(&l);
  require(!report_lock_is_mine(&l));
}

static void refused(void) {
  require(!report_lock_is_mine(&l));
  require(!report_lock_take(&l, 0) && !report_lock_take(&l, 5));
  require(!report_lock_is_mine(&l));
}

static void test_one_thread_has_it(void **unused) {
  (void)unused;
  take_and_release();
  while_held(refused);
  take_and_release();
}

/* The next thread of the child gets the stack, and the name, of the one that is not there. */
static void *not_mine(void *unused) {
  (void)unused;
  require(!report_lock_is_mine(&l));
  take_and_release();
  return NULL;
}

static void child_of_another(void) {
  pthread_t next;
  require(report_lock_fork_child(&l));
  require(pthread_create(&next, NULL, not_mine, NULL) == 0 && pthread_join(next, NULL) == 0);
  take_and_release();
}

static void fork_while_held(void) { in_child(child_of_another); }

static void child_of_holder(void) {
  require(!report_lock_fork_child(&l) && report_lock_is_mine(&l));
  report_lock_release(&l);
  take_and_release();
}

static void test_forks(void **unused) {
  (void)unused;
  while_held(fork_while_held);
  require(report_lock_take(&l, 0));
  in_child(child_of_holder);
  report_lock_release(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_thread_has_it),
      cmocka_unit_test(test_forks),
  };
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
