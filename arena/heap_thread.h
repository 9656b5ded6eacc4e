/* Which thread has which heap.
 *
 * A claim is one word a heap: 0, or the kernel id of the thread that has the heap.  Claiming a heap
 * is one compare-and-swap on that word, so that a fork never finds a heap half claimed.
 *
 * All functions keep errno.  Any thread may call them, unless they say more; not from signal
 * handlers, but for heap_count and heap_thread.
 */
#ifndef ARENA_HEAP_THREAD_H
#define ARENA_HEAP_THREAD_H

#include "heap_state.h"

/* Number of heaps made so far: their numbers are 0..heap_count()-1.  The kernel id of the thread
 * that has one of them; 0: no thread; with the highest bit set: it is claimed in order to be read.
 */
hidden unsigned heap_count(void);
hidden uint32_t heap_thread(unsigned number);

/* Gives the calling thread, which has no heap, an idle heap or a new one; NULL if the system
 * refuses memory or heap_opened refuses the heap.  The result is heap_mine(), which is another one
 * if heap_thread_started has gone over to tags (heap_pair.h). */
hidden struct heap *heap_acquire(void);

/* heap_thread_started is called when a thread has taken its first heap.  heap_opened is called
 * before a thread takes or borrows a heap; if it returns false the heap is not used.  Either may be
 * NULL; set before there are threads. */
extern hidden void (*heap_thread_started)(void);
extern hidden bool (*heap_opened)(struct heap *);

/* Ends the calling thread's use of its heap, which goes to a later thread.  After that, this
 * thread's requests are served one by one from heaps that are idle (heap_borrow). */
hidden void heap_thread_ended(void);

/* Collects mail, puts lists back and gives all empty memory back to the kernel, for the calling
 * thread's heap and for those that no thread has; and visits those that other threads have
 * (heap_visit.h). */
hidden void heap_trim(void);

/* Do the same for some heaps that no thread has; each call looks at a few tens of them, the next
 * one at others.  heap_collect_idle: for those that have mail, so that a heap that is about to take
 * a block finds one in the range.  heap_trim_old, in slow paths: for those that no thread has had
 * for EMPTY_DELAY_MS and that have mail or memory in the budget (heap_budget.h), once in
 * BUDGET_LOOK_MS.
 */
hidden void heap_collect_idle(void);
hidden void heap_trim_old(void);

/* heap_trim_old, and a look at threads that sleep (heap_visit.h): now and then, for threads whose
 * heaps have no slow paths. */
hidden void heap_look_at_others(void);

/* Claims an idle heap or a new one, whose cells have tags or not, for one request of a thread whose
 * end has begun; NULL if the system refuses memory or heap_opened refuses the heap.  Signals are
 * blocked until heap_return, which gets the mask that was in *signals. */
hidden struct heap *heap_borrow(bool tagged, uint64_t *signals);
hidden void heap_return(struct heap *h, const uint64_t *signals);

/* Gives the calling thread, which has a heap, one more, with tags: it has both until it ends.  NULL
 * as heap_acquire. */
hidden struct heap *heap_acquire_tagged(void);

/* Removes the calling thread's claim on h.  heap_self must not point to h any more. */
hidden void heap_lend_back(struct heap *h);

/* heap_claim_idle claims every idle heap so that the caller can read them, and stops visits;
 * heap_release_idle removes these claims, and must follow.  If two threads do it at a time, each
 * heap is claimed by one of them.  heap_is_claimed: has the calling thread claimed this heap so? */
hidden void heap_claim_idle(void);
hidden void heap_release_idle(void);
hidden bool heap_is_claimed(const struct heap *h);

/* The same, asked by the thread with that kernel id: without a system call. */
hidden bool heap_is_claimed_by(const struct heap *h, uint32_t thread);

/* In the child of a fork: removes all claims but those of the thread with id `before`, which get
 * its id now. */
hidden void heap_claims_reset(uint32_t before);

#endif
