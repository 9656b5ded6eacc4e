/* The resident ledger: every page of the process by what it is for (dump_format.h, DUMP_MAPPINGS).
 *
 *   /proc/self/maps       | program | libraries | anonymous ............ | stacks |
 *   owned_ranges, page map                        | slabs | jemalloc | ? |
 *   /proc/self/pagemap    ## ######   ###            # ##    ####      #      ##     in memory
 *
 * Each mapping is cut where its owner changes, and the pages of each part are looked up.  Slabs'
 * pages are shared out (resident_slabs.h); jemalloc's by its own figures, as it does not say what
 * lies where.  What is left is the program's: by file, by thread, by the call site that mapped it,
 * or anonymous.
 *
 *   sum of the rows = VmRSS + VmSwap    but for what changed meanwhile; the last row has the
 * kernel's
 *
 * The page of zeros, which stands for pages that were only read, is no memory: the kernel does not
 * count it, but shows it as present, as it does pages that a fork left to several processes.  How
 * many of either there are its count of anonymous pages says; which they are it does not.
 *
 * Less than 1 MiB of memory (walk_room.h), system calls only, errno is kept; signal handlers too.
 * One user at a time: the dump's (report_lock.h).
 */
#ifndef SHIM_RESIDENT_H
#define SHIM_RESIDENT_H

#include "resident_rows.h"
#include "resident_slabs.h"
#include "scratch.h"

struct resident {
  struct scratch scratch;
  struct resident_rows *table; /* its rows; NULL: nothing could be read */
  struct site_share *site; /* with tags: of the `sites` sites from first_site on; NULL: not known */
  uint32_t first_site, sites;
};

/* Reads all of it.  False if the kernel does not let us, or without memory: then there are no rows.
 * After snapshot_begin, before memory is mapped for the report; resident_end gives its memory back.
 * */
hidden bool resident_read(struct resident *r, const struct snapshot *g);
hidden void resident_end(struct resident *r);

/* Has r->site be of the window of sites from `first` on (site_stats.h), with another look at all
 * objects' pages.  After resident_read, which sets it to the first window, where r->site is not
 * NULL. */
hidden void resident_sites(struct resident *r, uint32_t first);

#endif
