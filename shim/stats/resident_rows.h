/* The rows of the resident ledger while it is made: one for each kind and name, and one for each
 * mapping of which neither is known.
 *
 * In memory of the caller's, which is zero at first.  Rows beyond ROWS_MOST, and anonymous mappings
 * beyond ROWS_ANONYMOUS, are added to one row of their kind without a name, so that sums hold.
 */
#ifndef SHIM_RESIDENT_ROWS_H
#define SHIM_RESIDENT_ROWS_H

#include "dump_format.h"
#include "map_lines.h"
#include "page_states.h"

enum {
  ROWS_MOST = 2048,
  ROWS_ANONYMOUS = 1024,
  ROWS_NAME_MAX = 255, /* bytes of a name; longer ones are cut */
  ROWS_TEXT_BYTES = 96 << 10,
  ROWS_SLOTS = 4096
};

struct resident_rows {
  struct dump_mapping row[ROWS_MOST]; /* name: offset in text */
  uint16_t slot[ROWS_SLOTS];          /* row + 1, found by kind and name; 0: none */
  char text[ROWS_TEXT_BYTES];         /* the first byte is a NUL */
  unsigned rows, anonymous;
  size_t text_bytes;
  uint32_t last_name; /* that was added to the text */
};
static_assert(ROWS_MOST <= ROWS_SLOTS / 2, "half of the slots stay free");

/* The row of that kind and name ("": none); it is made if there is none.  `start`: where the first
 * mapping of it lies. */
hidden struct dump_mapping *resident_row(struct resident_rows *r, uint32_t kind, const char *name,
                                         uintptr_t start);

/* Sets `shared` of all rows to 0: it is not known. */
hidden void resident_rows_forget_shared(struct resident_rows *r);

/* A row of its own for an anonymous mapping; or, with a site (DUMP_SITES index + 1), that of the
 * kind and site. */
hidden struct dump_mapping *resident_row_anonymous(struct resident_rows *r, uintptr_t start);
hidden struct dump_mapping *resident_row_by_site(struct resident_rows *r, uint32_t kind,
                                                 uint32_t site, uintptr_t start);

/* Adds a mapping, or a part of one, and its pages to a row.  Returns the address of its lowest page
 * that is in memory or in swap; 0: none is. */
hidden uintptr_t resident_pages_add(struct page_states *s, struct dump_mapping *to, uintptr_t start,
                                    uintptr_t end);

/* What is known of the pages that are added to rows. */
struct row_source {
  struct resident_rows *table;
  struct page_states states;
  /* The kernel's sums of the mapping that is added, where its pages cannot be asked about: its
   * first part gets them all.  NULL: its pages can be asked about. */
  struct map_line *sums;
};

/* Adds a part of a mapping to a row, or to that of a kind and name; to stacks also their depth. */
hidden void resident_add(struct row_source *s, struct dump_mapping *to, uintptr_t start,
                         uintptr_t end);
hidden void resident_add_named(struct row_source *s, uint32_t kind, const char *name,
                               uintptr_t start, uintptr_t end);

#endif
