/* What a program may ask of the shim it runs under, if it does.
 *
 * The functions are weak: without the shim they are NULL, and nothing has to be linked.
 *
 *   if (arenashim_push_tag)
 *     arenashim_push_tag("request parser");
 *
 * Sizes are bytes.  Functions that return int return 0, or -1 and errno.  All may be called from
 * any thread at any time, but not from signal handlers.
 */
#ifndef ARENASHIM_H
#define ARENASHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counts of the process.  Without call sites (ARENASHIM_TAG=off) those of the second group are 0.
 * Figures of other running threads may be a little behind. */
struct arenashim_totals {
  size_t size; /* set by the caller: sizeof(struct arenashim_totals); no more is written */

  uint64_t tagged; /* 1: call sites are known */
  uint64_t arenas; /* made so far, one a thread that runs at the same time */
  uint64_t allocs; /* requests served; a realloc counts as one and as a free */
  uint64_t frees;

  uint64_t live_bytes;      /* of living objects, as requested */
  uint64_t live_cell_bytes; /* the same with rounding */
  uint64_t peak_bytes;      /* the most live_bytes ever was, within 1/1000 */
  uint64_t sites;           /* call sites numbered so far */
  uint64_t table_bytes;     /* mapped for call sites, beside the tags themselves */

  /* How call paths were found: each request walks its stack by what is known of its frames. */
  uint64_t unwound;   /* walks that libunwind finished */
  uint64_t learned;   /* frames learned from unwind information */
  uint64_t cut;       /* paths that are shorter than asked for */
  uint64_t nested;    /* requests made by libunwind itself */
  uint64_t full;      /* paths for which there was no room */
  uint64_t untagged;  /* objects for whose tags there was no room */
  uint64_t verified;  /* paths compared with libunwind's own (ARENASHIM_TAG=verify:N) ... */
  uint64_t different; /* ... and not equal */
  uint64_t early;     /* requests before the shim's start: their path is the caller alone */
};

void arenashim_totals(struct arenashim_totals *totals) __attribute__((weak));

/* Names the calling thread's arena in reports, until the thread ends.  The first 15 bytes are
 * copied; "" takes the name back.  ENOMEM: there is no arena. */
int arenashim_name_arena(const char *name) __attribute__((weak));

/* Requests of the calling thread belong to call paths of their own, below this name, until the
 * tag is popped.  Tags nest, 16 deep (E2BIG).  Names are copied once and kept for the process's
 * life, 4096 different ones (ENOSPC) of up to 255 bytes (EINVAL).  ENOTSUP: no call sites are kept.
 * ENOMEM.  Whatever fails pushes nothing. */
int arenashim_push_tag(const char *name) __attribute__((weak));
/* EINVAL: none is pushed. */
int arenashim_pop_tag(void) __attribute__((weak));

/* A call site: what was requested by one call path, over all arenas. */
struct arenashim_site {
  const void *const *path; /* return addresses, innermost first; those of libraries that have
                              left are as they were when that library was last there */
  size_t frames;           /* 0: requests without a path (start-up, full tables) */
  const char *const *tags; /* pushed by the program, outermost first */
  size_t tag_count;
  uint64_t allocs, frees;
  uint64_t bytes;           /* requested, ever */
  uint64_t live_bytes;      /* requested */
  uint64_t live_cell_bytes; /* with rounding */
  uint64_t smallest, largest;
  uint64_t temporary; /* freed before their arena allocated anything else; 0 with samples */
  uint64_t pinned;    /* free bytes that living objects keep from other use */
  uint64_t held_bytes, held_objects; /* at the process's peak */
};

/* Shows every call site that ever requested something; *site and what it points to are valid
 * during the visit.  In rare cases two visits have the same path: add them up.  Returns how many
 * visits were made; 0 also without memory, or if another thread is at it. */
size_t arenashim_sites(void (*visit)(const struct arenashim_site *site, void *argument),
                       void *argument) __attribute__((weak));

/* Writes a dump, or a text report, of the process as it is now, where the pattern says: it means
 * what it would in ARENASHIM_DUMP or ARENASHIM_STATS (%p, %n ...; a name that exists gets endings,
 * and stays).  NULL: what these variables say; without ARENASHIM_STATS the report goes to stderr.
 *
 * Nothing is said on stderr of an error: -1 and errno is all.  EINVAL: "", or NULL without
 * ARENASHIM_DUMP.  ENAMETOOLONG: more than 1023 bytes.  ENOTSUP: ARENASHIM_DISABLE is set.  ENOMEM.
 * EBUSY: another thread's dump or report (by call, by signal, of malloc_stats) took 10 seconds, or
 * the calling thread is itself at it: in a visit of arenashim_sites there are no dumps, and reports
 * leave call sites out.  Others: as of open, write and link; then the file is not there.
 *
 * Threads that call at the same time take turns, and each gets its own file.  ARENASHIM_SIGNAL
 * waits until the calling thread is done.  Other threads may fork meanwhile; the child's calls are
 * its own and its counts start at the fork. */
int arenashim_dump(const char *pattern) __attribute__((weak));
int arenashim_report(const char *pattern) __attribute__((weak));

#ifdef __cplusplus
}
#endif

#endif
