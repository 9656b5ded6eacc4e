/* What a report or a dump says, as numbers: all counters are read first, then written.
 *
 * Between snapshot_begin and snapshot_end the arenas that no thread has are claimed, so that they
 * do not change.  Reports and dumps hold a report lock (report_lock.h).  A call of the program
 * (snapshot_take) may overlap with them: a heap that another thread has claimed is read as of its
 * last slow path.
 */
#ifndef SHIM_SNAPSHOT_H
#define SHIM_SNAPSHOT_H

#include "dump_format.h"
#include "figures.h"
#include "heap_stats.h"

/* Set before the last report, if a signal may have interrupted this thread anywhere (exit.c). */
extern hidden _Atomic bool snapshot_carefully;

/* True: nothing may be asked of jemalloc or of the loader, and no list of this thread be followed.
 */
static inline bool snapshot_is_careful(enum dump_reason reason) {
  return reason == DUMP_ON_SIGNAL || reason == DUMP_AT_LIMIT || atomic_load(&snapshot_carefully);
}

/* How long a report or dump waits for one that another thread is writing, in milliseconds. */
static inline unsigned snapshot_patience_ms(enum dump_reason reason) {
  return reason == DUMP_ON_SIGNAL || reason == DUMP_AT_LIMIT ? 0
         : reason == DUMP_AT_EXIT                            ? 1000
                                                             : 10000;
}

/* One arena's figures: sums over its size classes; with tags over its call sites, large requests
 * included.  `remote` counts small frees only. */
struct arena_line {
  uint64_t allocs, bytes, frees, remote, live, live_bytes;
  uint64_t peak_bytes;
  bool peak_is_bound; /* peak_bytes is an upper bound */
  bool exact;         /* false: as of its thread's last slow path */
};

struct snapshot {
  enum dump_reason reason;
  tag_sums_fn *tags;                  /* how tags of slabs are read */
  int signal;                         /* of DUMP_ON_SIGNAL, in a report */
  uint32_t self_thread;               /* kernel id of the thread that reports */
  struct survey survey;               /* bytes and cells of the range */
  struct heap_totals sums;            /* over all arenas */
  uint64_t plain_listed[CLASS_SLOTS]; /* of them, cells in lists of arenas without tags */
  unsigned running;                   /* arenas read as of their last slow path */
  struct jemalloc_figures large;
  uint64_t large_allocs, large_frees;
  uint64_t resized;              /* reallocs in place, with tags: each an allocation and a free */
  uint64_t tag_tables;           /* bytes of accounts, paths, captures, modules, large tags */
  uint64_t scratch;              /* bytes that a report or a dump of another thread has mapped */
  uint64_t large_mapped, mapped; /* our counters, read together with the figures */
  uint64_t stuck;                /* no longer used, but the system refused to unmap it (os.h) */
};

/* Claims the arenas that no thread has, and sets *g.  `tags` is tag_sums, or slab_sums for a caller
 * that may.  Not in a signal handler unless the reason
 * says so: jemalloc's figures are then those of the last refresh. */
hidden void snapshot_begin(struct snapshot *g, enum dump_reason reason, tag_sums_fn *tags);

/* Releases the claims of snapshot_begin; *g stays readable. */
hidden void snapshot_end(void);

/* True if no thread changes that arena now, so that its lists may be followed. */
hidden bool snapshot_may_walk(const struct snapshot *g, const struct heap *h);

/* The two at once, for a call of the program.  Needs no report lock: signals are blocked meanwhile,
 * because a report by a signal in this thread would release the claims.  Not in a signal handler.
 */
hidden void snapshot_take(struct snapshot *g);

/* Sets *line to one arena's figures, read again now. */
hidden void snapshot_arena(const struct snapshot *g, struct heap *h, struct arena_line *line);

/* The kernel's resident size of this process, in bytes; 0 if /proc cannot be read.  Any thread,
 * signal handlers too. */
hidden uint64_t snapshot_resident(void);

/* Bytes of the cells of class c that the program has: with tags those that have one, without them
 * all allocated cells less those in lists and remote frees. */
hidden uint64_t snapshot_live_bytes(const struct snapshot *g, unsigned c);

/* Bytes of the class's other carved cells: free, in a list, or freed by another thread. */
hidden uint64_t snapshot_idle_bytes(const struct snapshot *g, unsigned c);

#endif
