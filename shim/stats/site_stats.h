/* What call sites hold, for reports and dumps: the accounts as they are now, and the waste, which
 * only a look at every tag shows.
 *
 *   a slab with free cells    | A | . | A | B | . | . |    6 cells, 3 live: each pins one free cell
 *
 *   pinned bytes of a site = sum over slabs of free bytes * its objects / all objects there
 *
 * Shares are cut to whole bytes one after the other so that a slab's add up to its free bytes.
 * Slabs without a living object pin nothing: their free cells are nobody's.
 *
 * What another thread has freed and the owner has not collected yet is still live in the owner's
 * accounts; its tags say that it is not, and it is subtracted here.  So at every moment
 *
 *   allocs - frees = live_objects      live_rounded - live_bytes = rounding + jemalloc's own
 *
 * Sites are looked at in windows, because memory for it is bounded (walk_room.h): mostly there is
 * one window, of all sites; each further one costs another look at the tags.
 *
 *   sites   | 0 ......... | window .... | 2 * window .... | ... sites_count()
 *
 * The scratch memory is mapped between sites_begin and sites_end.  All functions may be called in
 * any thread and in signal handlers, between the two by the thread that began alone.  An arena
 * whose thread is running is read as it changes, and a difference that cannot be (more freed than
 * was allocated) reads as 0.
 */
#ifndef SHIM_SITE_STATS_H
#define SHIM_SITE_STATS_H

#include "dump_format.h"
#include "heap.h"
#include "tag_sums.h"

/* A call site in one arena, or in several: its figures as a dump has them (dump_format.h,
 * DUMP_ACCOUNTS), so that a dump copies them whole.  Of several arenas peak_bytes is the sum of
 * their peaks, an upper bound.  `arena` is not set. */
struct site_stats {
  struct dump_account sums;
  uint64_t rounding; /* of live_rounded - live_bytes, the part in our own cells */
  /* What rounding costs, in our cells and in jemalloc's objects: live_rounded - live_bytes, but at
   * most 4095 bytes for each live object of an arena, because the pages behind the one where a
   * request ends were not touched.  The command's account_rounding (tools/sites/rows.c) is the
   * same. */
  uint64_t all_rounding;
  unsigned arenas; /* whose figures these are */
};

/* A difference of two words, one of which may have been read while it changed. */
static inline uint64_t not_negative(uint64_t n) { return (int64_t)n < 0 ? 0 : n; }

/* What live objects cost beyond their bytes: rounding, and the free bytes that they pin.  The same
 * sum is the command's `waste` (tools/sites/rows.c). */
static inline uint64_t site_waste(const struct site_stats *s) {
  return s->all_rounding + s->sums.pinned_bytes;
}

/* Adds one site's figures to a sum; smallest and largest are those of the two that have any. */
hidden void site_stats_add(struct site_stats *sum, const struct site_stats *stats);

/* Sets *sum to the sum of an arena's accounts, without rounding and pinned_bytes, which only
 * sites_scan finds.  `sums` reads the slabs' tags.  Needs no sites_begin. */
hidden void sites_arena(const struct heap *h, tag_sums_fn *sums, struct site_stats *sum);

/* Bytes mapped for scratch memory now. */
hidden uint64_t sites_bytes(void);

/* Takes the scratch memory; waits up to patience_ms for another thread that has it.  Returns 0, or
 * ENOMEM, or EBUSY if it is still taken; then nothing below may be called. */
hidden int sites_begin(unsigned patience_ms);
hidden void sites_end(void);

/* Begins again, as after sites_begin.  Returns 0, or ENOMEM: then only sites_end may be called. */
hidden int sites_again(void);

/* In the child of a fork: only the thread that forked may go on with it. */
hidden void sites_fork_child(void);

/* The number of sites when sites_begin was called: sites have the numbers below it. */
hidden uint32_t sites_count(void);

/* How many sites a window has; at least 1, and with one window sites_count(). */
hidden uint32_t sites_window(void);

/* The first site behind the window that begins at `first`. */
static inline uint32_t sites_window_end(uint32_t first) {
  uint32_t left = sites_count() - first;
  return first + (sites_window() < left ? sites_window() : left);
}

/* Looks at every tag of an arena, for the calls that follow: of sites_line for the window of sites
 * from `first` on, and of sites_unpinned if it is the first window. */
hidden void sites_scan(const struct heap *h, uint32_t first);

/* Sets *stats to one site's figures in the arena that was scanned last; of the window that was
 * scanned.  Returns false, and leaves *stats alone, if the site never allocated there. */
hidden bool sites_line(const struct heap *h, uint32_t site, struct site_stats *stats);

/* Scans all arenas and adds up each site's figures.  Returns false without memory. */
hidden bool sites_add_up(void);

/* After sites_add_up: sets *stats to a site's figures over all arenas.  Returns false if it never
 * allocated. */
hidden bool sites_sum(uint32_t site, struct site_stats *stats);

/* Bytes requested by the live objects of a class, in all arenas whose first window was scanned
 * since sites_begin. */
hidden uint64_t sites_class_bytes(unsigned c);

/* For the calls of sites_small_bytes that follow, about the window of sites from `first` on, after
 * all arenas were scanned: with several windows it looks at every tag again. */
hidden void sites_small(uint32_t first);

/* Bytes requested by the live small objects of a site, in all arenas. */
hidden uint64_t sites_small_bytes(uint32_t site);

/* Bytes of free cells in slabs without a live object: in the arena scanned last, or, after
 * sites_add_up, in all. */
hidden uint64_t sites_unpinned(void);

#endif
