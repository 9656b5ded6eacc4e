/* The gate before jemalloc: closed while this process forks.
 *
 * jemalloc must hold its locks across a fork.  A thread that waits for one of them while it
 * holds a lock of libc that fork itself needs (a stream's, in getline, with the list of streams
 * waiting for it in fflush) would then wait for ever: fork takes libio's locks after all
 * handlers.  So nobody waits inside jemalloc: the forking thread closes the gate, lets those
 * inside come out, and only then has jemalloc take its locks.  Who arrives at a closed gate
 * waits a moment and then goes another way (fork_fallback.h).
 *
 *   thread:  outside += 1;  detours?         forker:  detours += 1;  membarrier;  outside == 0?
 *
 * The system call makes the thread's store visible before its load, so that passing costs no
 * fence.  Where it is missing (kernel before 4.14, a seccomp filter from before the start) the gate
 * stays open and jemalloc's own handlers do what they do.  A process with one thread needs none,
 * and where a sandbox would end the process for it (sandbox.h) nobody is waited for.
 *
 * One thing follows: a signal handler may fork in a thread that it interrupted inside jemalloc.
 * The locks held then are this thread's own, and it goes on in the child too: they are left
 * alone.
 */
#ifndef SHIM_FORK_GATE_H
#define SHIM_FORK_GATE_H

#include "heap.h"

/* Once, before threads exist. */
hidden void gate_setup(void);

/* Is this thread inside, so that what runs now is a signal handler? */
hidden bool gate_is_inside(void);

/* Around fork, from its handlers.  close: false if a signal handler forks in a thread that it
 * interrupted inside jemalloc, whose locks must then be left alone; gate_fork_owns_locks says the
 * same until the fork is over.  open: true if what was put aside while the gate was closed is to be
 * freed now (no other fork is under way). */
hidden bool gate_close(void);
hidden bool gate_fork_owns_locks(void);
hidden bool gate_open_parent(void);
hidden bool gate_open_child(void);

/* Is this process the child of a fork, with counts of its own? */
hidden bool gate_is_child(void);

/* Why a large request may have to go another way, in one word: forks under way, and above them
 * the objects alive that went another way (fork_fallback.h).  Nearly always 0. */
extern hidden _Atomic uint64_t gate_detours;
#define GATE_FALLBACK (UINT64_C(1) << 32)

static inline uint64_t gate_word(void) {
  return atomic_load_explicit(&gate_detours, memory_order_relaxed);
}
static inline bool gate_is_open(void) { return (uint32_t)gate_word() == 0; }

/* Waits a moment for the gate to open.  False if it stays closed. */
hidden bool gate_wait(struct heap *h);

/* A thread without a heap leaves a mark in a table instead: it has no record of its own that
 * others could read, only a depth in its TLS. */
hidden void gate_enter_heapless(void);
hidden void gate_leave_heapless(void);

/* Passes the gate; h is the thread's heap or NULL.  False: go another way, and do not leave. */
static inline bool gate_enter(struct heap *h) {
  if (likely(h != NULL))
    h->outside++;
  else
    gate_enter_heapless();
  atomic_signal_fence(memory_order_seq_cst);
  return likely(gate_is_open()) || gate_wait(h);
}

/* The same without waiting: false if it is closed, and h not inside. */
static inline bool gate_try(struct heap *h) {
  h->outside++;
  atomic_signal_fence(memory_order_seq_cst);
  if (gate_is_open())
    return true;
  h->outside--;
  return false;
}

/* Waits until it may pass, and that may be as long as a fork takes. */
static inline void gate_pass(struct heap *h) {
  while (!gate_enter(h))
    ;
}

static inline void gate_leave(struct heap *h) {
  atomic_signal_fence(memory_order_seq_cst);
  if (likely(h != NULL))
    h->outside--;
  else
    gate_leave_heapless();
}

#endif
