/* The tags of large objects: call site, arena and requested bytes of what jemalloc holds for us.
 *
 *   hash of the pointer, bits 63..58 -> shard (64): a lock, and an array of its own
 *                        bits 57..20 -> first slot in it; then the next ones
 *
 *   live[shard] <= 3/4 slots[shard];   slots: 0, then a power of two from 128, never fewer again
 *   from a tag's first slot to its own no slot is empty
 *
 * Callers are inside the gate (fork_gate.h), so that no fork finds a lock taken, and hold no
 * shard's lock when they call other code: only this file runs under the lock, and the system call
 * for the table's memory.  Any thread; not in signal handlers, large_tags_each excepted.
 */
#ifndef SHIM_LARGE_TAGS_H
#define SHIM_LARGE_TAGS_H

#include "base.h"

struct large_tag {
  uintptr_t p;          /* the object; never 0 */
  uint64_t bytes : 48;  /* as requested */
  uint64_t cell : 15;   /* a sample: bytes of each object that it stands for; 0: its own bytes */
  uint64_t ours : 1;    /* those objects are cells of our heap, not objects of jemalloc's */
  uint64_t site : 20;   /* call site of the request */
  uint64_t arena : 15;  /* number of the arena whose books have it */
  uint64_t weight : 28; /* requests that it stands for: 1, unless it is a sample */
  uint64_t timed : 1;   /* its birth is kept (heap_life.h) */
};

static_assert(ADDRESS_BITS <= 48, "every size that can be served fits");
static_assert(sizeof(struct large_tag) == 24, "what an object's tag costs, times 4/3 to 8/3");

/* Tags t->p, replacing a tag that it has.  False: there is no memory for the table, and nothing has
 * changed.  A tag is put after the request and taken before the free: after that the address may be
 * another thread's. */
hidden bool large_tags_put(const struct large_tag *t);

/* Takes the tag off p.  False: it has none, and *out is unchanged. */
hidden bool large_tags_take(const void *p, struct large_tag *out);

/* Copies the tag of p to *out.  False: it has none, and *out is unchanged. */
hidden bool large_tags_get(const void *p, struct large_tag *out);

/* Shows every tag, for reports; visit is called under a lock and must not request or free
 * memory.  A shard that stays locked for some milliseconds is left out: a signal handler may have
 * interrupted the thread that holds it.  Returns how many shards were left out. */
hidden unsigned large_tags_each(void (*visit)(const struct large_tag *t, void *arg), void *arg);

/* Bytes mapped for the table.  Anywhere. */
hidden uint64_t large_tags_bytes(void);

/* In the child of a fork, whose only thread calls it: all locks are free again.  A lock that this
 * thread held when a signal handler forked is then released twice, which is harmless: no other
 * thread runs yet. */
hidden void large_tags_fork_child(void);

#endif
