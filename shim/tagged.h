/* Requests with tags: the site is captured, the object and its books are written.
 *
 * Small ones come here because a tagged thread's heap_self has no cells (heap_tag.h); large ones
 * because entry.c asks `range.tagged`.  A tag of a large object lies in a table by its address
 * (large_tags.h) and is put and taken inside the gate, next to jemalloc's own work.
 *
 * `frame` is the CFA of the entry that the program called: its return address lies below it.
 */
#ifndef SHIM_TAGGED_H
#define SHIM_TAGGED_H

#include "../arena/heap.h"

/* Which requests get tags.  With samples small ones are untagged in our heap, but for the samples,
 * which go to jemalloc as the large ones do. */
enum tagged_mode { TAGGED_NONE, TAGGED_ALL, TAGGED_SAMPLES };
extern hidden enum tagged_mode tagged_mode;

/* All requests (0), or one in so many bytes.  Before the first heap is used. */
hidden void tagged_setup(size_t sample_bytes);

/* A small object of n bytes in a cell of class c, from jemalloc if our heap has no memory. */
hidden void *tagged_small(size_t n, const void *frame, size_t c);

/* The same for a thread whose end has begun; NULL if our heap has no memory. */
hidden void *tagged_small_late(size_t n, const void *frame, size_t c);

/* A small object keeps its cell and gets n bytes: it counts as freed and allocated anew.  False:
 * it is not this thread's to change. */
hidden bool tagged_resize(void *p, size_t n, const void *frame);

/* The call site of a large request; 0 without a heap, or (sampled) if it is not a sample.  Before
 * the gate. */
hidden uint32_t tagged_site(struct heap *h, const void *frame);
hidden uint32_t tagged_sampled_site(struct heap *h, size_t n, const void *frame);

/* The small request that a list was cut for: tagged, from jemalloc. */
hidden void *tagged_sample(struct heap *h, unsigned c, size_t alignment, size_t n,
                           const void *frame);

/* Inside the gate: p, of n bytes, has come from jemalloc (in place of a cell of so many bytes, or
 * 0); p is about to go back. */
hidden void tagged_large_put(struct heap *h, void *p, size_t n, uint32_t site, size_t cell);
/* False: p has no tag, though all objects that are alive have one. */
hidden bool tagged_large_take(struct heap *h, const void *p);

/* Inside the gate: takes the tag off p, and no more, for tagged_large_moved; before->p is 0 if it
 * has none.  The same answer. */
struct large_tag;
hidden bool tagged_large_lift(const void *p, struct large_tag *before);

/* With all tags: some object got none. */
extern hidden _Atomic bool tagged_large_partial;

/* Inside the gate: the object that had this tag, and `held` usable bytes, has become `to` of n
 * bytes; NULL: it has stayed as it was. */
hidden void tagged_large_moved(struct heap *h, const struct large_tag *before, size_t held,
                               void *to, size_t n, uint32_t site);

/* Inside the gate: the same, but it has stayed where it was, and a sample stays one: the requests
 * that it stands for were resized, too (sampling.h). */
hidden void tagged_large_stayed(struct heap *h, const struct large_tag *before, size_t held,
                                size_t n, uint32_t site);

/* Samples only, p of jemalloc's: true if p is a sample of small requests whose cell would be kept
 * for n bytes.  Then p keeps its place, weight and cell, and counts as freed and allocated.  False:
 * p is something else, or a fork is under way; nothing has changed. */
hidden bool tagged_sample_stays(void *p, size_t n, const void *frame);

/* In the child of a fork: its counts begin. */
hidden void tagged_fork_child(void);

#endif
