/* Tags of jemalloc's objects: put when one is served, taken when it goes back.
 *
 * A tag lies in a table by the object's address (large_tags.h) and is put and taken inside the gate
 * (fork_gate.h), next to jemalloc's own work.  `frame` is the caller_frame of the entry that the
 * program called.
 */
#ifndef SHIM_LARGE_TAGGED_H
#define SHIM_LARGE_TAGGED_H

#include "heap.h"
#include "tag_mode.h"

/* The call site of a large request; 0 without a heap, or (sampled) if it is not a sample.  Before
 * the gate. */
hidden uint32_t large_site(struct heap *h, const void *frame);
hidden uint32_t large_sampled_site(struct heap *h, size_t n, const void *frame);

/* Inside the gate: p, of n bytes, has come from jemalloc (in place of a cell of so many bytes, or
 * 0); p is about to go back. */
hidden void large_tagged_put(struct heap *h, void *p, size_t n, uint32_t site, size_t cell);
/* False: p has no tag, though all objects that are alive have one. */
hidden bool large_tagged_take(struct heap *h, const void *p);

/* Inside the gate: takes the tag off p, and no more, for large_tagged_moved; before->p is 0 if it
 * has none.  The same answer. */
struct large_tag;
hidden bool large_tagged_lift(const void *p, struct large_tag *before);

/* With all tags: some object got none. */
extern hidden _Atomic bool large_tagged_partial;

/* Inside the gate: the object that had this tag, and `held` usable bytes, has become `to` of n
 * bytes; NULL: it has stayed as it was. */
hidden void large_tagged_moved(struct heap *h, const struct large_tag *before, size_t held,
                               void *to, size_t n, uint32_t site);

/* Inside the gate: the same, but it has stayed where it was, and a sample stays one: the requests
 * that it stands for were resized, too (sampling.h). */
hidden void large_tagged_stayed(struct heap *h, const struct large_tag *before, size_t held,
                                size_t n, uint32_t site);

#endif
