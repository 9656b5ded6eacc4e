/* How long objects live: of some objects the time of their birth is kept, and when one of them is
 * freed its call site counts lives of that length, as many as objects that it stands for.
 *
 * Time is counted in allocations of the arena.  It costs nothing beyond the countdown to the next
 * object whose birth is kept:
 *
 *   now = timed_at - until      timed_at: the time when `until`, which counts down, is 0
 *
 * The first 64 objects of an arena are all kept; then gaps grow with the time, up to one object in
 * LIFE_GAP.  They are random, so that no period of the program's meets them; an object stands for
 * as many as the mean of the gap before it, so that sums are unbiased estimates.  Births lie in a
 * hash table of the arena, by address: a word more for each object would take as much memory as all
 * tags.  That an object's birth is kept is a bit in its tag (TAG_TIMED), so that a free of another
 * object does not look.
 *
 *   slot | p2 | - | p1 | p3 | - | ...     an object stands at its hash or in the first slots after
 *                                         it, without a free one between; at most half are used
 *
 * Counts lie in the record, so that they outlive the process; what leads to them is private:
 *
 *   leaf ──> counts of LIFE_CHUNK call sites, made when a birth of one of them is kept
 *
 * Unless they say otherwise, the thread that has the heap calls the functions; nobody else reads
 * the table of births.  A fork can find it in the middle of one: then the child loses births, or
 * room for counts.  Where the system refuses memory a birth is not kept, and nothing else happens.
 * errno is kept.
 */
#ifndef ARENA_LIFE_H
#define ARENA_LIFE_H

#include "pieces.h"
#include "tag.h"

/* Lives of 0..3, 4..15, 16..63, ... allocations; the last: all longer ones. */
enum { LIFE_CLASSES = 14, LIFE_GAP = 256 };

enum {
  LIFE_CHUNK = 8,
  LIFE_CHUNKS = PAGE_BYTES / sizeof(void *), /* of a leaf */
  LIFE_LEAVES = SITES_MAX / LIFE_CHUNK / LIFE_CHUNKS
};

/* Lives of a call site's objects, by their length.  Written by the owner, read by every thread. */
struct life_counts {
  uint64_t lives[LIFE_CLASSES];
  uint32_t site, arena;     /* for readers outside (pieces.h) */
  _Atomic uint32_t restart; /* peak.restart of the process that counts.  The child of a fork has
                               another: what it finds here is its parent's */
  uint32_t zero;
};
static_assert(sizeof(struct life_counts) == 2 * CACHE_LINE, "it is whole lines");

struct life_leaf {
  struct life_counts *chunk[LIFE_CHUNKS];
};
static_assert(sizeof(struct life_leaf) == PAGE_BYTES, "it is a page");

struct birth {
  uintptr_t object; /* 0: the slot is free */
  uint64_t at : 54;
  uint64_t weight : 10; /* objects that it stands for: 1..LIFE_GAP */
};

struct life {
  struct birth *slots; /* NULL: none yet */
  uint32_t capacity;   /* of the table: a power of two */
  uint32_t used;
  uint32_t random; /* state of the gaps */
  uint32_t mean;   /* of the gap under way; 0: the first object */
  struct life_leaf *leaf[LIFE_LEAVES];
};

/* The class of a life of so many allocations. */
static inline unsigned life_class(uint64_t lived) {
  unsigned class = (63 - (unsigned)__builtin_clzll(lived | 1)) / 2;
  return class < LIFE_CLASSES ? class : LIFE_CLASSES - 1;
}

/* Draws the gap that follows at that time: at least 1. */
hidden uint32_t life_gap(struct life *l, uint64_t now);

/* Keeps that p was born at that time, at the end of the gap under way, instead of what was kept of
 * its address.  False: no memory.  Memory that is mapped is added to *bytes. */
hidden bool life_begin(struct life *l, const void *p, uint64_t now, _Atomic uint64_t *bytes);

/* Takes the birth of p out of the table.  False: there is none, and *out is unchanged. */
hidden bool life_end(struct life *l, const void *p, struct birth *out);

/* Makes sure that lives of that site's objects can be counted.  `arena`: the number of the heap.
 * False: no memory.  Memory that is mapped for the index is added to *bytes. */
hidden bool life_counts_make(struct life *l, uint32_t site, uint32_t arena,
                             _Atomic uint64_t *bytes);

/* Counts lives of that class.  Without room for counts it does nothing. */
hidden void life_count(struct life *l, uint32_t site, unsigned class, uint32_t lives);

/* The counts of a site; NULL: none in this process.  Any thread. */
hidden const struct life_counts *life_counts_of(const struct life *l, uint32_t site);

#endif
