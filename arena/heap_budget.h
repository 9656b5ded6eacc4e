/* How much idle memory the heaps of a process may keep.  Idle is what is resident and holds no
 * object: empty slabs, and the free cells of slabs that have a class.
 *
 *   each heap that a thread has          a share of BUDGET_RUNNING_BYTES, which gets smaller with
 *                                        each such heap: from EMPTY_KEEP_BYTES down to one slab
 *   all heaps that no thread has         BUDGET_ENDED_BYTES together
 *
 * A process of few threads thus keeps what it needs again soon, and one of a thousand threads, most
 * of which sleep, does not keep a thousand times as much.
 *
 * The budget of ended threads is for the process, so that a program whose threads are short and few
 * at a time never pays for pages again: its heaps are taken over before the budget is used up.
 * Pages that went back and were needed again within EMPTY_DELAY_MS (missed_bytes in heap_memory.h)
 * are kept the next time; of those, all heaps together may keep BUDGET_MISSED_BYTES.
 *
 * What a heap without a thread counts in the budget is an upper bound: all that it has carved and
 * what is empty, less what turned out to be in use when it was trimmed last (pinned_bytes).
 *
 *   budget used by ended threads = sum over heaps of idle_bytes       idle_bytes = 0 of heaps that
 *                                                                     a thread has
 *
 * All functions keep errno, take no lock and make no system call but to read the clock.  Those with
 * a heap are for the thread that has it or has claimed it.  Not from signal handlers.
 */
#ifndef ARENA_HEAP_BUDGET_H
#define ARENA_HEAP_BUDGET_H

#include "heap_state.h"

enum {
  EMPTY_KEEP_BYTES = 1 << 20,      /* idle bytes that a heap may keep in a process of few threads */
  EMPTY_DELAY_MS = 500,            /* how long they may be idle */
  BUDGET_RUNNING_BYTES = 32 << 20, /* from 33 threads on the shares are smaller */
  BUDGET_ENDED_BYTES = 4 << 20,
  BUDGET_MISSED_BYTES = 32 << 20,
  BUDGET_LOOK_MS = 10 /* at least, between two looks for ended threads' memory */
};

/* Number of heaps that a thread has.  (A signed number: a fork by a signal handler in the middle of
 * budget_end can leave -1 in the child.)  Written by heap_budget.c alone. */
extern hidden _Atomic int32_t budget_heaps;
static inline int32_t budget_running(void) {
  return atomic_load_explicit(&budget_heaps, memory_order_relaxed);
}

/* Are the shares below EMPTY_KEEP_BYTES?  Any thread. */
static inline bool budget_is_tight(void) {
  return unlikely(budget_running() > BUDGET_RUNNING_BYTES / EMPTY_KEEP_BYTES);
}

/* The share of one heap, in bytes: SLAB_BYTES..EMPTY_KEEP_BYTES.  Any thread. */
static inline uint64_t budget_share(void) {
  if (!budget_is_tight())
    return EMPTY_KEEP_BYTES;
  int32_t share = BUDGET_RUNNING_BYTES / budget_running();
  return share > SLAB_BYTES ? (uint64_t)share : SLAB_BYTES;
}

/* Are the shares below EMPTY_KEEP_BYTES, and does the heap have more than its share, idle or in
 * use?  What it missed counts as part of its share. */
static inline bool budget_is_exceeded(const struct heap *h) {
  return budget_is_tight() &&
         count_get(&h->carved_bytes) + h->dirty_bytes > budget_share() + h->missed_bytes;
}

/* A thread takes the heap.  The heap's thread has ended: if there is room for what the heap has,
 * it counts in the budget and the result is true, else the heap must be trimmed. */
hidden void budget_begin(struct heap *h);
hidden bool budget_end(struct heap *h);

/* The heap, which no thread has, was trimmed: what it has now is in use. */
hidden void budget_trimmed(struct heap *h);

/* The heap needs `bytes` again that went back: may it keep as much more from now on?  Not if shares
 * are below EMPTY_KEEP_BYTES and all heaps together missed BUDGET_MISSED_BYTES, because a thread
 * that sleeps from now on keeps what it has.  budget_miss_end: it does not keep them any more. */
hidden bool budget_miss(uint64_t bytes);
hidden void budget_miss_end(uint64_t bytes);

/* Is it time to look for memory of ended threads?  True for one thread in BUDGET_LOOK_MS.  Any
 * thread. */
hidden bool budget_look_is_due(void);

/* Has the heap had no thread for EMPTY_DELAY_MS?  Any thread, for a heap that no thread has. */
hidden bool budget_is_old(const struct heap *h);

/* In the child of a fork, which has one thread: `mine` is its heap, or NULL.  What other heaps have
 * does not count, because the parent has it as well; their idle_bytes and missed_bytes must be 0.
 */
hidden void budget_fork_child(const struct heap *mine);

#endif
