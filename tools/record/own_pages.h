/* What the pages of the library's own hold in another process, by its books: objects, free cells
 * and unused parts of slabs; jemalloc's objects and tables; our tables.
 *
 * As the process itself says it (shim/stats/resident_slabs.h, resident_large.h), but for what books
 * don't have (record_mappings.c).
 */
#ifndef TOOLS_OWN_PAGES_H
#define TOOLS_OWN_PAGES_H

#include "image.h"
#include "process_owners.h"
#include "process_pages.h"

struct own_pages {
  const struct record_process *process;
  struct process_owners *owners;
  struct process_pages *pages;
  struct dump_mapping kind[DUMP_MAPPING_TABLES + 1]; /* sums, by kind */
};

/* Adds a part of a mapping, of a kind as process_owner_at says it. */
void own_pages_add(struct own_pages *o, uint32_t kind, uint64_t start, uint64_t end);

/* Makes the rows, one for each kind, when all parts were added. */
void own_pages_put(struct own_pages *o, struct image *image);

#endif
