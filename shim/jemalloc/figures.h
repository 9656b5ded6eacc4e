/* What jemalloc says of itself, in bytes, and how it is told to give memory back. */
#ifndef SHIM_FIGURES_H
#define SHIM_FIGURES_H

#include "heap.h"

/* jemalloc's own figures, in bytes.  Refreshing takes its locks: not in signal handlers. */
struct jemalloc_figures {
  size_t allocated; /* in objects that are alive, with its rounding */
  size_t active;    /* in pages with such objects */
  size_t metadata;
  size_t mapped;   /* in extents it uses or may use at once, metadata included */
  size_t retained; /* address space it keeps for itself, no memory behind it */
  size_t resident; /* its estimate */
  /* Ranges it forgot, still mapped, when it had no memory for a record of them: some of them are in
   * `mapped`. */
  size_t abandoned;
};
hidden void figures_read(struct jemalloc_figures *f);

/* The same figures for reports by signal, which may not ask: read at the start and, from then on,
 * when a thread takes its first arena or makes the 16th, 32nd, ... of its large requests and
 * REFRESH_MS have passed; the report calls them "as of the last refresh".  A program that is
 * idle, or uses only small objects, keeps the old ones.
 *
 * figures_remember_from_now: at start, if a signal's report is wanted.  figures_remember: not in
 * signal handlers, inside the gate.  figures_remembered: anywhere. */
enum { REFRESH_MS = 100, REFRESH_REQUESTS = 16 };
hidden void figures_remember_from_now(void);
hidden bool figures_are_remembered(void); /* it is wanted */
hidden bool figures_are_due(void);
hidden void figures_remember(void);
hidden void figures_remembered(struct jemalloc_figures *f);
hidden void figures_fork_child(void); /* in the child of a fork */

/* Reads them again if they are due.  At a malloc's end, outside jemalloc; keeps errno. */
hidden cold void figures_refresh_if_due(struct heap *h);

/* Gives all of jemalloc's unused pages back to the kernel. */
hidden void jemalloc_purge(void);

#endif
