/* Rows of the resident ledger of another process while it is made: the dump's DUMP_MAPPINGS, to
 * which pages are added.  The process's own are shim/stats/resident_rows.h. */
#ifndef TOOLS_MAPPING_ROWS_H
#define TOOLS_MAPPING_ROWS_H

#include "image.h"
#include "process_pages.h"

/* The row of that kind and name, or of that kind and site (DUMP_SITES index + 1), which is made if
 * there is none; an anonymous mapping without a site has always one of its own.  Valid until the
 * next is made.  start: where its first mapping lies. */
struct dump_mapping *mapping_row(struct image *image, uint32_t kind, const char *name,
                                 uint64_t start);
struct dump_mapping *mapping_row_by_site(struct image *image, uint32_t kind, uint32_t site,
                                         uint64_t start);

/* Adds what an entry of the pagemap says of a page to a row's resident, swapped, anonymous and
 * shared bytes. */
void mapping_add_page(struct dump_mapping *to, uint64_t entry);

/* Adds a mapping, or a part of one, with its pages.  Returns the address of the lowest that is in
 * memory or in swap; 0: none is. */
uint64_t mapping_add_pages(struct process_pages *p, struct dump_mapping *to, uint64_t start,
                           uint64_t end);

#endif
