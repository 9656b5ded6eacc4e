/* Which addresses are the library's own, as intervals in rising order.
 *
 *   the range's sections      rows, tags, and the data: slabs
 *   pieces of the record      tables
 *   what os_map made          huge objects, tables
 *
 * jemalloc's pages are not among them: its page map has each of them (page_map.h).
 * As of owned_ranges_read: other threads go on.  Signal handlers too; nothing is allocated.
 */
#ifndef SHIM_OWNED_RANGES_H
#define SHIM_OWNED_RANGES_H

#include "base.h"
#include "dump_format.h"

struct owned_range {
  uintptr_t start, end;
  uint32_t kind; /* DUMP_MAPPING_: OBJECTS for all slabs, ROWS, TAGS, TABLES, or HUGE */
};

struct owned_ranges {
  struct owned_range *item;
  size_t count, next; /* next: the first that does not end below what was asked for last */
};

/* How many items there may be at this moment. */
hidden size_t owned_ranges_most(void);

/* Fills o->item, which has room for `most`. */
hidden void owned_ranges_read(struct owned_ranges *o, size_t most);

/* The kind of the interval that `at` lies in, DUMP_MAPPING_NONE for none; *until, the end of what
 * is asked about, is lowered to where the answer may be another.  `at` must not go down from call
 * to call. */
hidden uint32_t owned_range_at(struct owned_ranges *o, uintptr_t at, uintptr_t *until);

#endif
