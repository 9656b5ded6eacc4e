/* A lock that is waited for; contract in report_lock.h. */
#include "report_lock.h"
#include "options.h"
#include "os.h"

static void block_our_signals(sigset_t *before) {
  sigset_t ours;
  sigemptyset(&ours);
  for (int n = 1; n <= SIGNAL_MAX; n++)
    if (options_has_signal(options_now(), n))
      sigaddset(&ours, n);
  pthread_sigmask(SIG_BLOCK, &ours, before);
}

bool report_lock_is_mine(const struct report_lock *l) {
  return pthread_equal(l->thread, pthread_self()) != 0;
}

static bool wait_for(struct report_lock *l, unsigned patience_ms) {
  uint32_t start = os_now_ms();
  while (atomic_flag_test_and_set(&l->taken)) {
    if (patience_ms == 0 || report_lock_is_mine(l) || os_now_ms() - start > patience_ms)
      return false;
    os_sleep_us(1000);
  }
  return true;
}

bool report_lock_take(struct report_lock *l, unsigned patience_ms) {
  sigset_t before;
  block_our_signals(&before);
  bool taken = wait_for(l, patience_ms);
  if (taken) {
    l->thread = pthread_self();
    l->before = before;
  } else {
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  return taken;
}

void report_lock_release(struct report_lock *l) {
  sigset_t before = l->before;
  l->thread = (pthread_t)0;
  atomic_flag_clear(&l->taken);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool report_lock_fork_child(struct report_lock *l) {
  if (report_lock_is_mine(l))
    return false;
  l->thread = (pthread_t)0; /* the child's next thread may get that one's stack, and its name */
  atomic_flag_clear(&l->taken);
  return true;
}
