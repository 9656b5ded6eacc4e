/* Functions that a program can call in the shim, if it runs under it.
 *
 * The functions are weak: without the shim they are NULL, and nothing has to be linked.
 *
 *   if (arenashim_push_tag)
 *     arenashim_push_tag("request parser");
 *
 * Sizes are bytes.  Functions that return int return 0, or -1 with errno set.  All can be called
 * from any thread at any time, but not in signal handlers, except where that is said.
 */
#ifndef ARENASHIM_H
#define ARENASHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counts of the process.  Without call sites (ARENASHIM_TAG=off) `tagged` and all fields from
 * live_bytes on are 0.  The figures of other running threads can be a little old. */
struct arenashim_totals {
  size_t size; /* set by the caller: sizeof(struct arenashim_totals); no more bytes are written */

  uint64_t tagged; /* 1: call sites are known; 0: they are not */
  uint64_t arenas; /* made so far: as many as threads ran at the same time */
  uint64_t allocs; /* requests served; a realloc counts as a request and a free */
  uint64_t frees;

  uint64_t live_bytes;   /* requested bytes of living objects */
  uint64_t live_rounded; /* bytes of living objects, with rounding */
  uint64_t peak_bytes;   /* the highest live_bytes so far, within 1/1000 */
  uint64_t sites;        /* call sites numbered so far */
  uint64_t table_bytes;  /* mapped for call sites, without the tags themselves */

  /* How call paths were found: each request walks its stack by rules learned earlier. */
  uint64_t unwound;   /* walks that libunwind had to finish */
  uint64_t learned;   /* frames learned from unwind information */
  uint64_t cut;       /* paths cut short: the rest of the stack could not be walked */
  uint64_t nested;    /* requests made by libunwind itself */
  uint64_t full;      /* paths that found no room in the table */
  uint64_t untagged;  /* objects whose tag found no room */
  uint64_t verified;  /* paths compared with libunwind's (ARENASHIM_TAG=verify:N) ... */
  uint64_t different; /* ... and found to differ from them */
  uint64_t early;     /* requests before the shim's constructor: their path is one frame */
};

/* Fills in *totals, whose `size` the caller has set.  live_bytes and live_rounded are 0 without
 * memory, or while another thread visits call sites or writes a dump or report. */
void arenashim_totals(struct arenashim_totals *totals) __attribute__((weak));

/* Names the calling thread's arena in reports, until the thread ends.  The first 15 bytes are
 * copied; "" removes the name.  ENOMEM: the thread has no arena, and there is no memory for one. */
int arenashim_name_arena(const char *name) __attribute__((weak));

/* Puts a named mark on the time axis (`arenashim timeline`), such as "phase 2".  The first 63 bytes
 * of the name are kept, and the newest 64 marks.  Signal handlers may call this, too.  EINVAL: the
 * name is NULL or "".  ENOTSUP: ARENASHIM_DISABLE is set. */
int arenashim_mark(const char *name) __attribute__((weak));

/* Pushes a tag: until it is popped, requests of the calling thread belong to call paths of their
 * own, below this name.  The name is copied and kept for the process's life.  After an error
 * nothing is pushed.  E2BIG: 16 tags are pushed already.  EINVAL: the name has more than 255 bytes.
 * ENOSPC: there are 4096 different names already.  ENOTSUP: no call sites are kept
 * (ARENASHIM_TAG=off). ENOMEM: there is no memory. */
int arenashim_push_tag(const char *name) __attribute__((weak));

/* Pops the tag that the calling thread pushed last.  EINVAL: it has pushed none. */
int arenashim_pop_tag(void) __attribute__((weak));

/* A call site: what one call path requested, summed over all arenas. */
struct arenashim_site {
  const void *const *path; /* return addresses, innermost first; those in a library that was
                              unloaded are as they were while it was loaded */
  size_t frames;           /* of path; 0: requests without a path (start-up, full tables) */
  const char *const *tags; /* the names of the tags that were pushed, outermost first */
  size_t tag_count;
  uint64_t allocs, frees;
  uint64_t bytes;             /* requested in all */
  uint64_t live_bytes;        /* of living objects, as requested */
  uint64_t live_rounded;      /* of living objects, with rounding */
  uint64_t smallest, largest; /* requests, in bytes */
  uint64_t temporary;    /* objects freed before their arena allocated another; 0 with samples */
  uint64_t pinned_bytes; /* free bytes that no other size can use while the objects live */
  uint64_t at_peak_bytes, at_peak_objects; /* living at the process's peak */
};

/* Calls visit(site, argument) for each call site that has requested anything.  *site and what it
 * points to are valid until visit returns.  In rare cases two visits have the same path: their
 * figures must be added up.  Returns the number of visits; 0, too, if no call sites are kept, if
 * there is no memory, or while another thread visits them or writes a dump or report. */
size_t arenashim_sites(void (*visit)(const struct arenashim_site *site, void *argument),
                       void *argument) __attribute__((weak));

/* Writes a dump, or a text report, of the process as it is now.  The pattern has the meaning that
 * it would have in ARENASHIM_DUMP or ARENASHIM_STATS (%p, %n ...): a file of that name stays, and
 * the new one gets a longer name.  NULL: the pattern of these variables; without ARENASHIM_STATS
 * the report goes to stderr.
 *
 * An error is reported by -1 and errno only, without a line on stderr.  EINVAL: the pattern is "",
 * or NULL without ARENASHIM_DUMP.  ENAMETOOLONG: it has more than 1023 bytes.  ENOTSUP:
 * ARENASHIM_DISABLE is set.  ENOMEM: there is no memory.  EBUSY: the dump or report of another
 * thread (by call, by signal, by malloc_stats) took more than 10 seconds, or the calling thread is
 * itself writing one.  Other values: those of open, write and link; there is no file then.
 *
 * In a visit of arenashim_sites a dump fails with EBUSY, and a report has no call sites.
 *
 * Threads that call at the same time write one after the other, each to a file of its own.  The
 * signals of ARENASHIM_SIGNAL are blocked until the calling thread has finished.  Other threads can
 * fork meanwhile: the child's counts start at the fork. */
int arenashim_dump(const char *pattern) __attribute__((weak));
int arenashim_report(const char *pattern) __attribute__((weak));

#ifdef __cplusplus
}
#endif

#endif
