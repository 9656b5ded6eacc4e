/* Dumps added up: one dump whose call sites, arenas and size classes are the sums of many.
 *
 *   dump of a process    its load addresses -> build-id + offset in the module  \
 *   dump of a process                                                            } sums -> a dump
 *   merged dump                                                                 /
 *
 * What is kept is bound by what is distinct: modules, call paths, arenas' names, size classes. The
 * sums do not depend on the order in which dumps were added, nor on how they were grouped before,
 * and of the same dumps the file is the same, byte by byte: its items are in an order of their own.
 *
 *   process      live and peak bytes are sums; of several processes the peak is a bound; texts that
 *                differ say so
 *   modules      the same build-id, or without one the same path and addresses in the file;
 *                unloaded if all are; addresses are new ones, which no process had
 *   nodes        the same module and offset; a frame of no module counts by that alone, for its
 *                address means nothing in another process
 *   arenas       by name: a thread's arena of each process
 *   accounts     by arena and call site; live_rounded has of each what account_rounding allows;
 *                lives are added alone, and not taken off
 *   maps by site by arena and call site
 *   regions      by name, path and state; mappings by kind and name, at no address
 *   classes, ledger, health   by cell size, by name
 *                of programs whose processes have no mappings a line of health (memory_missing.h)
 *   blocks, ranges mapped, moments, shares, events   are left out: they belong to one process
 */
#ifndef TOOLS_MERGE_H
#define TOOLS_MERGE_H

#include "dump.h"
#include "names.h"

struct merge;

/* How a dump is added. */
struct merge_how {
  const char *process; /* outermost frame of its paths, and before its arenas' names; NULL: no */
  const struct names *names; /* its frames become functions where these are known; NULL: offsets */
  bool subtract; /* its counts are taken off, after another was added: sums are then signed */
};

/* The sum of no dump yet. */
struct merge *merge_new(void);
void merge_free(struct merge *m);

/* The dump, its names and texts need not outlive the call. */
void merge_add(struct merge *m, const struct dump *d, const struct merge_how *how);

/* Counts what makes the figures doubtful: a line of the health section. */
void merge_doubt(struct merge *m, const char *what, uint64_t count);

/* The whole file, to be freed; *bytes: how long it is.  Frees `m`. */
unsigned char *merge_end(struct merge *m, size_t *bytes);

#endif
