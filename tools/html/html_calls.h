/* The calls that a page's rows of call sites consist of.
 *
 * Rows are what the table of call sites shows: far callers count by function there.  The page's
 * trees show the line of each call: so a row has one or several `calls`, whose frames are all the
 * page's paths. */
#ifndef TOOLS_HTML_CALLS_H
#define TOOLS_HTML_CALLS_H

#include "html_paths.h"

struct page_calls {
  const struct dump *dump; /* whose accounts the rows are sums of */
  const struct rows *rows; /* of the session's paths */
  struct rows *calls;      /* of the page's paths */
  const struct page_paths *paths;
};

/* Adds up the dump's accounts, and names to `paths` the paths that it needs.  All must outlive it.
 */
void page_calls_open(struct page_calls *c, const struct dump *d, const struct rows *rows,
                     struct page_paths *paths);
void page_calls_close(struct page_calls *c);

/* Writes the table of that name.  After page_paths_number. */
void page_calls_write(const struct page_calls *c, const char *id);

/* By slot, the index of the row that has that path and kind; to be freed. */
uint32_t *page_slots_new(const struct rows *rows, const struct paths *paths);
size_t page_slot(uint32_t path, uint32_t kind);

/* A column of struct `type`, from its member `sum`. */
#define SUM(type, field)                                                                           \
  { #field, offsetof(struct type, sum.field), sizeof(uint64_t), false }

#endif
