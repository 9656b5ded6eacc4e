/* Which thread has which heap.
 *
 * A claim is one word per heap: 0, or the kernel id of the thread that has it.  Taking a heap is
 * one compare-and-swap on it, so that a fork never finds one half taken.
 */
#ifndef ARENA_HEAP_THREAD_H
#define ARENA_HEAP_THREAD_H

#include "heap_state.h"

/* Heaps made so far, and the kernel id of the thread that has one of them (0: none). */
hidden unsigned heap_count(void);
hidden uint32_t heap_thread(unsigned number);

/* The calling thread's heap if it has none yet: an idle one or a new one; NULL without memory. */
hidden struct heap *heap_acquire(void);

/* Called when a thread has taken its first heap, and before a heap is used for the first time,
 * which is not used if it answers false; set before threads exist, may be NULL. */
extern hidden void (*heap_thread_started)(void);
extern hidden bool (*heap_opened)(struct heap *);

/* The calling thread's end: its heap goes to a later thread; afterwards this one is served one
 * request at a time from idle heaps. */
hidden void heap_thread_ended(void);

/* Collects mail; gives empty memory back to the kernel.  For the calling thread's heap and those
 * that no thread has. */
hidden void heap_trim(void);

/* A heap is about to take a block: what other threads have freed in heaps that no thread has goes
 * back to the range, so that there is one. */
hidden void heap_collect_idle(void);

/* An idle or new heap for one request of a thread whose end has begun; NULL if there is no memory
 * for one.  Signals are held until it is returned. */
hidden struct heap *heap_borrow(uint64_t *signals);
hidden void heap_return(struct heap *h, const uint64_t *signals);

/* The calling thread's heap is nobody's from now on. */
hidden void heap_lend_back(struct heap *h);

/* Claims every idle heap until they are let go, so that the caller may read them; one
 * thread at a time keeps what it gets.  heap_is_held: is this one of them? */
hidden void heap_hold_idle(void);
hidden void heap_let_go(void);
hidden bool heap_is_held(const struct heap *h);

/* In the child of a fork: only claims of the thread with id `before` stay, under its new id. */
hidden void heap_claims_reset(uint32_t before);

#endif
