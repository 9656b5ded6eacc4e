/* Closes and opens the gate in front of jemalloc; contract and reasons in fork_gate.h. */
#include "fork_gate.h"
#include "sandbox.h"
#include "thread_record.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

hidden _Atomic uint64_t gate_detours;

/* A thread without a heap that is inside jemalloc has a mark in this table.  A mark is one word, so
 * that a signal handler that forks finds it either set or not.  It is the address of the thread's
 * own depth, which is the same in the child of a fork.  A thread that finds no free entry has no
 * mark, and a fork does not wait for it. */
enum { MARK_BITS = 6, MARKS = 1 << MARK_BITS };
struct mark {
  _Alignas(CACHE_LINE) _Atomic uintptr_t thread; /* 0: free */
};

static struct {
  bool usable;
  bool child;  /* this process is one of a fork */
  bool forked; /* it has forked, or is forking; its children have that, too */
  struct mark marks[MARKS];
} gate;

static __thread int heapless_depth __attribute__((tls_model("initial-exec")));

/* Set while this thread forks in a signal handler that interrupted it inside jemalloc. */
static __thread bool interrupted __attribute__((tls_model("initial-exec")));

/* How long a thread waits for a fork before it uses the fork fallback, and how long a fork waits
 * for the threads inside: one that a debugger has stopped there must not stop the fork for ever. */
enum { FALLBACK_AFTER_MS = 2, FORK_AFTER_MS = 1000 };

static int membarrier(int command) {
  return (int)cpu_syscall(SYS_membarrier, command, 0, 0, 0, 0, 0);
}

void gate_setup(void) { gate.usable = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0; }

static uintptr_t own_mark(void) { return (uintptr_t)&heapless_depth; }

/* The entry at which this thread's search begins, by Fibonacci hashing: blocks of TLS often lie a
 * power of two of pages apart. */
static size_t first_entry(void) {
  return (uint32_t)(own_mark() / PAGE_BYTES) * UINT32_C(2654435769) >> (32 - MARK_BITS);
}

/* Changes an entry of the table; does nothing if none has the value `from`. */
static void change_mark(uintptr_t from, uintptr_t to) {
  size_t first = first_entry();
  for (size_t i = 0; i < MARKS; i++) {
    _Atomic uintptr_t *mark = &gate.marks[(first + i) % MARKS].thread;
    uintptr_t expected = from;
    if (atomic_load_explicit(mark, memory_order_relaxed) == from &&
        atomic_compare_exchange_strong(mark, &expected, to))
      return;
  }
}

/* The depth is above zero before the mark is set and until it is removed: a signal handler that
 * interrupts this thread in between changes neither. */
void gate_enter_heapless(void) {
  int before = heapless_depth++;
  atomic_signal_fence(memory_order_seq_cst);
  if (before == 0)
    change_mark(0, own_mark());
}

void gate_leave_heapless(void) {
  if (heapless_depth == 1)
    change_mark(own_mark(), 0);
  atomic_signal_fence(memory_order_seq_cst);
  heapless_depth--;
}

/* How often this thread is inside: more than once in a signal handler that interrupted it there. */
static int own_depth(void) {
  return heapless_depth + (heap_mine() != NULL ? record_of(heap_mine())->outside : 0);
}

bool gate_is_inside(void) { return own_depth() > 0; }

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Is no other thread inside? */
static bool nobody_inside(void) {
  for (unsigned i = 0; i < heap_count(); i++) {
    const struct heap *h = heap_at(i);
    if (!heap_is_mine(h) && *(const volatile int *)&record_of(h)->outside != 0)
      return false;
  }
  for (size_t i = 0; i < MARKS; i++) {
    uintptr_t thread = atomic_load(&gate.marks[i].thread);
    if (thread != 0 && thread != own_mark())
      return false;
  }
  return true;
}

/* Waits until the condition holds; false if it does not after `ms` milliseconds. */
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
  if (own_depth() > 1) /* a signal handler, in a thread that is inside already */
    return true;
  for (;;) {
    gate_leave(h);
    if (!wait_until(gate_is_open, FALLBACK_AFTER_MS))
      return false;
    if (h != NULL)
      record_of(h)->outside++;
    else
      gate_enter_heapless();
    atomic_thread_fence(memory_order_seq_cst);
    if (gate_is_open())
      return true;
  }
}

bool gate_fork_owns_locks(void) { return !interrupted; }
bool gate_is_child(void) { return gate.child; }
bool gate_has_forked(void) { return __atomic_load_n(&gate.forked, __ATOMIC_RELAXED); }

bool gate_close(void) {
  interrupted = gate.usable && own_depth() > 0;
  __atomic_store_n(&gate.forked, true, __ATOMIC_RELAXED);
  if (gate.usable) {
    atomic_fetch_add(&gate_detours, 1);
    if (!__libc_single_threaded && !sandbox_forbids_membarrier()) {
      membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
      wait_until(nobody_inside, FORK_AFTER_MS);
    }
  }
  return !interrupted;
}

bool gate_open_parent(void) {
  return gate.usable && (uint32_t)atomic_fetch_sub(&gate_detours, 1) == 1 && !interrupted;
}

/* The record of a thread that is not in the child: its next thread begins as a new one. */
static void abandon(struct thread_record *r) {
  r->outside = 0;
  r->large_fast = false;
}

bool gate_open_child(void) {
  gate.child = true;
  for (size_t i = 0; i < MARKS; i++)
    if (atomic_load(&gate.marks[i].thread) != own_mark())
      atomic_store(&gate.marks[i].thread, 0);
  for (unsigned i = 0; i < heap_count(); i++)
    if (!heap_is_mine(heap_at(i)))
      abandon(record_of(heap_at(i)));
  atomic_fetch_and(&gate_detours, ~(uint64_t)UINT32_MAX);
  return !interrupted;
}
