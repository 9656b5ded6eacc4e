/* Where a heap's slabs come from and go to: its empty slabs, its blocks, the kernel.
 *
 * Empty slabs wait in two lists of the heap: dirty (pages still resident, reused first) and clean.
 * Memory goes back to the kernel in slow paths only.
 *
 *   limit = max(the share of heap_budget.h, a quarter of the carved bytes) + missed_bytes
 *
 * Dirty bytes above the limit go at once, oldest first; the others when they have been empty for
 * EMPTY_DELAY_MS.
 * Bytes that went back and are needed again within that time are missed: a program that builds and
 * frees the same amount again and again pays for its pages twice, and then no more (a million
 * objects: 72 and 24 ns each became 12 and 12).  missed_bytes is 0 again when pages have been empty
 * for EMPTY_DELAY_MS.  A block of which no slab has a class leaves the heap as a whole.
 *
 * A dirty slab may be lent to a visitor, who purges it for a thread that sleeps (heap_visit.h): it
 * stays in its list, but is not taken, purged or given back until it is returned.
 *
 *   dirty_bytes = SLAB_BYTES for each slab in `dirty`      dirty_bytes <= limit, when one was added
 *
 * For the thread that has the heap.  errno is kept; not from signal handlers.
 */
#ifndef ARENA_HEAP_MEMORY_H
#define ARENA_HEAP_MEMORY_H

#include "heap_budget.h"

enum { EMPTY_KEEP_SHARE = 4 };

/* Takes a slab with nothing carved and gives it class c; it is in no queue, and its state is not
 * set.  NULL if the heap's blocks have none left. */
hidden struct slab *heap_take_slab(struct heap *h, unsigned c);

/* Takes one more block, when those before are used up; false if the system refuses memory. */
hidden bool heap_take_block(struct heap *h);

/* Takes back a slab without used cells, which is in no queue: it becomes EMPTY.  heap_keep_slab
 * gives nothing to the kernel; heap_retire_slab does what the policy above says. */
hidden void heap_keep_slab(struct heap *h, struct slab *s);
hidden void heap_retire_slab(struct heap *h, struct slab *s);

/* Gives to the kernel what has been empty for EMPTY_DELAY_MS; with `all`, everything that is empty.
 * `now` is os_now_ms. */
hidden void heap_give_back(struct heap *h, uint32_t now, bool all);

/* Sets missed_bytes to 0. */
hidden void heap_forget_missed(struct heap *h);

/* Purges an empty slab.  Any thread that has it for itself (slab.h). */
hidden void heap_purge_empty(struct slab *s);

/* Links an EMPTY slab into `dirty`, as one that was emptied just now, or into `clean`. */
hidden void heap_list_empty(struct heap *h, struct slab *s);

/* Number of cells that have been handed out in lists so far: the clock by which ages of blocks are
 * measured. Any thread. */
hidden uint64_t heap_passed(const struct heap *h);

/* Called in slow paths, by the thread that has the heap: now and then with 0, and with the bytes of
 * a block that was just taken.  The heap is whole then, but it may be in the middle of a malloc.
 * NULL, or set before there are threads. */
extern hidden void (*heap_housekeeping_hook)(struct heap *, size_t taken);

/* Links a block into the heap's list, as its newest. */
hidden void heap_link_block(struct heap *h, struct block *b);

/* Each links a slab that is in no queue, as the last or as the first. */
static inline void queue_push_last(struct slab_queue *q, struct slab *s) {
  s->next = NULL;
  s->prev = q->last;
  *(q->last != NULL ? &q->last->next : &q->first) = s;
  q->last = s;
}

static inline void queue_push_first(struct slab_queue *q, struct slab *s) {
  s->prev = NULL;
  s->next = q->first;
  *(q->first != NULL ? &q->first->prev : &q->last) = s;
  q->first = s;
}

/* Unlinks a slab that is in q. */
static inline void queue_remove(struct slab_queue *q, struct slab *s) {
  *(s->prev != NULL ? &s->prev->next : &q->first) = s->next;
  *(s->next != NULL ? &s->next->prev : &q->last) = s->prev;
  s->next = s->prev = NULL;
}

#endif
