/* What the program mapped itself, by call site, in a page: the tables "mapped", "mapped_calls". */
#ifndef TOOLS_HTML_MAPPED_H
#define TOOLS_HTML_MAPPED_H

#include "html_calls.h"
#include "mapped.h"

/* What is resident or swapped of a row's mappings, where the dump says it. */
struct page_touched {
  uint64_t bytes;
  bool known;
};

struct page_mapped {
  struct mapped_view view;
  struct rows *rows;
  struct page_calls calls;
  struct page_touched *touched; /* of each row */
};

/* Names to `paths`, which must outlive it, the paths that it needs. */
void page_mapped_open(struct page_mapped *m, struct page_paths *paths);
void page_mapped_close(struct page_mapped *m);

/* Writes the tables; without an item where the dump has no mappings.  After page_paths_number. */
void page_mapped_write(const struct page_mapped *m);

#endif
