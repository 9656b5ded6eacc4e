/* Closing and opening the gate before jemalloc; the argument is in gate.h. */
#include "gate.h"
#include "entry.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

hidden _Atomic int gate_closed;

static struct {
  bool usable;
  _Atomic int heapless; /* threads without a heap inside jemalloc */
} gate;

/* Set while this thread forks and was inside jemalloc when a signal came. */
static __thread bool interrupted __attribute__((tls_model("initial-exec")));

/* How long a thread waits for a fork before it spills, and a fork for a thread: one that is
 * stopped inside jemalloc by a debugger must not stop us. */
enum { SPILL_AFTER_MS = 2, FORK_AFTER_MS = 1000 };

static int membarrier(int command) { return (int)syscall(SYS_membarrier, command, 0, 0); }

void gate_setup(void) { gate.usable = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0; }

void gate_enter_heapless(void) { atomic_fetch_add(&gate.heapless, 1); }
void gate_leave_heapless(void) { atomic_fetch_sub(&gate.heapless, 1); }

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool is_open(void) { return atomic_load(&gate_closed) == 0; }

static bool nobody_inside(void) {
  for (unsigned i = 0; i < heap_count(); i++) {
    const struct heap *h = heap_at(i);
    if (h != heap_self && *(const volatile int *)&h->outside != 0)
      return false;
  }
  return atomic_load(&gate.heapless) == 0;
}

static bool wait_until(bool (*condition)(void), unsigned ms) {
  uint64_t end = now_us() + ms * UINT64_C(1000);
  while (!condition()) {
    if (now_us() >= end)
      return condition();
    sched_yield();
  }
  return true;
}

bool gate_wait(struct heap *h) {
  if (h != NULL && h->outside > 1) /* inside already: a signal handler's business */
    return true;
  for (;;) {
    gate_leave(h);
    if (!wait_until(is_open, SPILL_AFTER_MS))
      return false;
    if (h != NULL)
      h->outside++;
    else
      gate_enter_heapless();
    atomic_thread_fence(memory_order_seq_cst);
    if (is_open())
      return true;
  }
}

void gate_close(void) {
  interrupted = gate.usable && heap_is_real(heap_self) && heap_self->outside > 0;
  if (gate.usable) {
    atomic_fetch_add(&gate_closed, 1);
    membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    wait_until(nobody_inside, FORK_AFTER_MS);
  }
  if (!interrupted)
    large_fork_prepare();
}

void gate_open_parent(void) {
  if (!interrupted)
    large_fork_parent();
  if (gate.usable && atomic_fetch_sub(&gate_closed, 1) == 1 && !interrupted)
    large_settle();
}

void gate_open_child(void) {
  if (!interrupted)
    large_fork_child();
  atomic_store(&gate.heapless, 0);
  for (unsigned i = 0; i < heap_count(); i++)
    if (heap_at(i) != heap_self)
      heap_at(i)->outside = 0;
  atomic_store(&gate_closed, 0);
  if (!interrupted)
    large_settle();
}
