/* jemalloc's figures of itself, in bytes: read now, or remembered for a report that must not ask.
 *
 * Reading takes jemalloc's locks and may change errno.
 */
#ifndef SHIM_FIGURES_H
#define SHIM_FIGURES_H

#include "heap.h"

struct jemalloc_figures {
  size_t allocated; /* in objects that are alive, with its rounding */
  size_t active;    /* in pages with such objects */
  size_t metadata;
  size_t mapped;   /* in extents it uses or may use at once, metadata included */
  size_t retained; /* address space it keeps for itself, no memory behind it */
  size_t resident; /* its estimate */
  size_t dirty;    /* in free pages that may still be resident; bytes */
  size_t cached;   /* in its threads' caches and the extent cache: part of allocated */
  /* Ranges it forgot, still mapped, when it had no memory for a record of them: some of them are in
   * `mapped`. */
  size_t abandoned;
};

/* Sets *f to the figures as they are now; all 0 if jemalloc has no memory to start.  Inside the
 * gate, or where no fork can be under way; not in signal handlers. */
hidden void figures_read(struct jemalloc_figures *f);

/* The same figures for reports by signal, whose handler must not ask: read at the start and, from
 * then on, when a thread takes its first arena or makes the 16th, 32nd, ... of its large requests
 * and REFRESH_MS have passed; the report calls them "as of the last refresh".  A program that is
 * idle, or uses only small objects, keeps the old ones. */
enum { REFRESH_MS = 100, REFRESH_REQUESTS = 16 };

/* From now on figures are remembered.  In the constructor, if a report by signal is wanted. */
hidden void figures_remember_from_now(void);

/* True if figures are remembered.  Any thread, signal handlers too. */
hidden bool figures_are_remembered(void);

/* Sets *f to the figures remembered last; all 0 if there are none.  Any thread, signal handlers
 * too. */
hidden void figures_remembered(struct jemalloc_figures *f);

/* Remembers figures again if they are due, unless a fork has the gate closed or this is a handler
 * that interrupted jemalloc.  h: the calling thread's heap.  At a malloc's end, outside the gate;
 * keeps errno. */
hidden cold void figures_refresh_if_due(struct heap *h);

/* Lets figures be read again, although a thread of the parent may have been reading them.  In the
 * child of a fork. */
hidden void figures_fork_child(void);

#endif
