/* Tags of jemalloc's objects, and the accounts of their call sites: a tag is put when an object is
 * served and taken when it is freed.
 *
 * A tag lies in a table by the object's address (large_tags.h) and is put and taken inside the gate
 * (fork_gate.h), next to jemalloc's own work.  `frame` is the caller_frame of the entry that the
 * program called.
 */
#ifndef SHIM_LARGE_TAGGED_H
#define SHIM_LARGE_TAGGED_H

#include "heap.h"
#include "page_map.h"
#include "tag_mode.h"

/* The call site of a large request; SITE_NONE without a heap that has tags.  The second: SITE_NONE
 * also if it is not a sample.  h: the calling thread's heap, or NULL.  Outside the gate; not in
 * signal handlers beyond what malloc allows. */
hidden uint32_t large_site(struct heap *h, const void *frame);
hidden uint32_t large_sampled_site(struct heap *h, size_t n, const void *frame);

/* May this object of jemalloc's have a tag?  Any thread; lock-free. */
static inline bool large_may_be_tagged(const void *p) {
  if (likely(tagged_mode == TAGGED_NONE))
    return false;
  unsigned kind = page_kind(p);
  return range.tagged || kind == PAGE_PLAIN || kind == PAGE_TAGGED;
}

/* What follows is called inside the gate, by the thread that has heap h (NULL: no heap); not in
 * signal handlers beyond what malloc allows; keeps errno. */

/* Tags p, an object of jemalloc's for a request of n bytes, and books it for the site.  cell: bytes
 * of the cell that each request gets that this sample stands for; 0: p is no sample of small
 * requests. */
hidden void large_tagged_put(struct heap *h, void *p, size_t n, uint32_t site, size_t cell);

/* Takes the tag off p, which is about to be freed, and books the free.  False: p has no tag, though
 * all objects that are alive have one. */
hidden bool large_tagged_take(struct heap *h, const void *p);

/* Takes the tag off p and books nothing, until large_tagged_moved or large_tagged_stayed is called;
 * *before is unchanged if p has none.  Result as above. */
struct large_tag;
hidden bool large_tagged_lift(const void *p, struct large_tag *before);

/* The object that had this tag, and `held` usable bytes, was reallocated: it is now `to`, of n
 * bytes. NULL: it has stayed as it was, and gets its tag back. */
hidden void large_tagged_moved(struct heap *h, const struct large_tag *before, size_t held,
                               void *to, size_t n, uint32_t site);

/* In the child of a fork whose parent had a record's file and other threads: counts the books of
 * their arenas again (heap_recount.h).  After heap_fork_child and large_tags_fork_child. */
hidden void large_tagged_fork_child_recount(void);

/* The object that had this tag has n bytes now, in the same place.  A sample stays one, because the
 * requests that it stands for were resized, too (sampling.h). */
hidden void large_tagged_stayed(struct heap *h, const struct large_tag *before, size_t held,
                                size_t n, uint32_t site);

#endif
