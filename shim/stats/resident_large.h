/* jemalloc's pages: which are its tables, objects, or free; and the pages of large objects by call
 * site.
 *
 * The page map says where objects begin, or began (size_class.h), and so which pages they cover:
 * all others that are in memory are jemalloc's own tables.  Which of the covered ones are free now
 * only jemalloc's figures say, and those only as sums:
 *
 *   pages in memory = tables + free pages (as if all of them were in memory) + pages with objects
 *   objects         = pages with objects * live bytes / bytes of the pages with objects
 *   idle            = all else
 *
 * Figures that are not known are 0: then all that is no table is objects.  System calls only;
 * signal handlers too.
 */
#ifndef SHIM_RESIDENT_LARGE_H
#define SHIM_RESIDENT_LARGE_H

#include "figures.h"
#include "resident_rows.h"
#include "resident_slabs.h"

struct large_pages {
  struct page_states *states;
  struct seen_pages *seen; /* the pages of all large objects, huge ones too; no other notes them */
  struct dump_mapping sum;
  uint64_t tables;        /* of these, in memory: its tables, */
  uint64_t tables_shared; /* and of these, not this process's alone, or the page of zeros */
};

/* Adds jemalloc's pages from start to end. */
hidden void large_pages_add(struct large_pages *p, uintptr_t start, uintptr_t end);

/* Puts what was added into rows. */
hidden void large_pages_put(const struct large_pages *p, const struct jemalloc_figures *f,
                            struct resident_rows *rows);

/* Adds to site[], which is of `sites` sites from first_site on, what each tagged large object of
 * theirs has of pages in memory and in swap.  Samples are left out: they stand for objects that lie
 * elsewhere.
 * `swapped`: pages may be in swap. */
hidden void large_pages_share(const struct large_pages *p, bool swapped, struct site_share *site,
                              uint32_t first_site, uint32_t sites);

#endif
