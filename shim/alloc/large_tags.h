/* The tags of large objects: call site, arena and requested bytes of what jemalloc holds for us.
 *
 *   hash of the pointer, bits 63..58 -> shard (64): a lock, and an array of its own
 *                        bits 57..20 -> first slot in it; the next ones follow in turn
 *
 *   live[shard] <= 3/4 slots[shard];   slots: 0, then a power of two from 128, never fewer again
 *   from a tag's first slot to its own no slot is empty
 *
 * Callers are inside the gate (fork_gate.h), so that no fork finds a lock taken, and hold no
 * shard's lock when they call anything: what runs under the lock is here, but for the memory it
 * asks the system for.  Not for signal handlers, large_tags_each excepted.
 */
#ifndef SHIM_LARGE_TAGS_H
#define SHIM_LARGE_TAGS_H

#include "base.h"

struct large_tag {
  uintptr_t p;          /* the object; never 0 */
  uint64_t bytes : 48;  /* as requested */
  uint64_t cell : 15;   /* a sample: what each object that it stands for takes up; 0: itself */
  uint64_t ours : 1;    /* and that is a cell of ours, not an object of jemalloc's */
  uint64_t site : 20;   /* who requested it */
  uint64_t arena : 15;  /* which arena it counts for */
  uint64_t weight : 29; /* how many requests it stands for: 1, but for samples */
};

static_assert(ADDRESS_BITS <= 48, "every size that can be served fits");
static_assert(sizeof(struct large_tag) == 24, "what an object's tag costs, times 4/3 to 8/3");

/* Tags t->p.  A tag it has already is replaced.  False: no memory for the table; the object stays
 * as it was.  Tags are put on after the request and taken off before the free: after it the
 * address may be another thread's. */
hidden bool large_tags_put(const struct large_tag *t);

/* Takes the tag off p.  False: it has none, and *out is unchanged. */
hidden bool large_tags_take(const void *p, struct large_tag *out);

/* The same, and the tag stays. */
hidden bool large_tags_get(const void *p, struct large_tag *out);

/* Shows every tag, for reports; visit is called under a lock and must not request or free
 * memory.  A shard that stays locked for some milliseconds is left out: a signal handler may
 * have interrupted the thread that holds it.  Returns how many were. */
hidden unsigned large_tags_each(void (*visit)(const struct large_tag *t, void *arg), void *arg);

/* Bytes mapped for the table. */
hidden uint64_t large_tags_bytes(void);

/* In the child of a fork: all locks are free again.  One that this very thread held when a
 * signal handler forked is given up too early and once more: nobody else runs yet. */
hidden void large_tags_forget(void);

#endif
