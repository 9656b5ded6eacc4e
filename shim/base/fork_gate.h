/* The gate in front of jemalloc: threads pass it to enter jemalloc, and it is closed while this
 * process forks.
 *
 * jemalloc must hold its locks across a fork.  A thread could wait for one of them while it holds a
 * lock of libc that fork itself needs (a stream's, in getline, while fflush waits for it with the
 * list of streams locked).  Both would wait for ever, because fork takes libio's locks after all
 * prepare handlers.  So no thread waits inside jemalloc: the forking thread closes the gate, waits
 * until the threads inside have left, and only then lets jemalloc take its locks.  A thread that
 * finds the gate closed waits a moment and then uses the fork fallback (fork_fallback.h).
 *
 *   thread:  outside += 1;  detours?         forker:  detours += 1;  membarrier;  outside == 0?
 *
 * `outside` counts how often the thread is inside jemalloc: more than once if a signal handler
 * interrupted it there.  The system call makes a thread's store visible before its load, so that
 * passing needs no fence.  Where it is missing (kernel before 4.14, a seccomp filter from before
 * the start) the gate stays open, and a fork only has jemalloc's own handlers.  A process with one
 * thread does not need it, and where a sandbox would end the process for it (sandbox.h) the forking
 * thread does not wait.
 *
 * A signal handler can fork in a thread that it interrupted inside jemalloc.  The locks held then
 * are this thread's own, and it goes on in the child, too: jemalloc must not be asked to take or
 * release them.
 *
 * In the functions below `h` is the calling thread's heap; gate_enter, gate_pass, gate_leave and
 * gate_wait take NULL for a thread that has none.  All keep errno, and none asks for memory.
 */
#ifndef SHIM_FORK_GATE_H
#define SHIM_FORK_GATE_H

#include "heap.h"
#include "thread_record.h"

/* Registers the process for membarrier; before, and if that fails, the gate never closes.  Once, in
 * the constructor. */
hidden void gate_setup(void);

/* Is the calling thread inside jemalloc?  Then the code that asks runs in a signal handler that
 * interrupted it there.  Any thread, signal handlers too. */
hidden bool gate_is_inside(void);

/* Closes the gate and waits, about a second at most, until no other thread is inside.  False if
 * this thread is inside, interrupted by the signal handler that forks: then jemalloc's fork
 * handlers must not be called.  Only in the prepare handler of a fork, with all signals blocked. */
hidden bool gate_close(void);

/* What gate_close returned in this thread, until the fork is over. */
hidden bool gate_fork_owns_locks(void);

/* Opens the gate in the parent's handler.  True if frees that were deferred while it was closed
 * must be made now: no other thread is forking, and jemalloc can be entered. */
hidden bool gate_open_parent(void);

/* Opens the gate in the child's handler, and forgets the threads that exist only in the parent.
 * True as gate_open_parent. */
hidden bool gate_open_child(void);

/* Is this process the child of a fork, with counts of its own?  Any thread, signal handlers too. */
hidden bool gate_is_child(void);

/* Has this process forked, or is it the child of a fork, so that others may have its pages, too?
 * Forks that libc does not make are not known.  Any thread, signal handlers too. */
hidden bool gate_has_forked(void);

/* Why a large request cannot simply enter jemalloc, in one word: the lower half counts forks under
 * way, the upper half (steps of GATE_FALLBACK) the living objects of the fork fallback
 * (fork_fallback.h).  Nearly always 0. */
extern hidden _Atomic uint64_t gate_detours;
#define GATE_FALLBACK (UINT64_C(1) << 32)

/* Both counts.  Any thread, signal handlers too. */
static inline uint64_t gate_word(void) {
  return atomic_load_explicit(&gate_detours, memory_order_relaxed);
}

/* Is no fork under way?  Any thread, signal handlers too. */
static inline bool gate_is_open(void) { return (uint32_t)gate_word() == 0; }

/* For gate_enter, when the gate is closed: leaves, waits about 2 ms for it to open, and enters
 * again.  False, and not inside, if it stays closed.  True at once for a signal handler that
 * interrupted this thread inside. */
hidden bool gate_wait(struct heap *h);

/* What gate_enter and gate_leave do for a thread without a heap, except waiting: they count in its
 * TLS how often it is inside, and show that to a forking thread by a mark in a table. */
hidden void gate_enter_heapless(void);
hidden void gate_leave_heapless(void);

/* Enters.  False if the gate stays closed: then the thread is not inside, and must use the fork
 * fallback. */
static inline bool gate_enter(struct heap *h) {
  if (likely(h != NULL))
    record_of(h)->outside++;
  else
    gate_enter_heapless();
  atomic_signal_fence(memory_order_seq_cst);
  return likely(gate_is_open()) || gate_wait(h);
}

/* Enters without waiting.  False, and not inside, if the gate is closed.  h is not NULL. */
static inline bool gate_try(struct heap *h) {
  record_of(h)->outside++;
  atomic_signal_fence(memory_order_seq_cst);
  if (gate_is_open())
    return true;
  record_of(h)->outside--;
  return false;
}

/* Enters, and waits for that as long as a fork takes. */
static inline void gate_pass(struct heap *h) {
  while (!gate_enter(h))
    ;
}

/* Leaves.  Once for each gate_enter, gate_try that returned true, and gate_pass. */
static inline void gate_leave(struct heap *h) {
  atomic_signal_fence(memory_order_seq_cst);
  if (likely(h != NULL))
    record_of(h)->outside--;
  else
    gate_leave_heapless();
}

#endif
