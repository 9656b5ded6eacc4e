/* The call paths of a page: those that its tables refer to, with their inner ones, and what their
 * frames show.
 *
 *   open, need (for each path), number, then path and own, write, close
 *
 * A page's path is an index + 1 into its table "paths", 0: none.
 */
#ifndef TOOLS_HTML_PATHS_H
#define TOOLS_HTML_PATHS_H

#include "html_json.h"
#include "session.h"

struct page_paths {
  const struct dump *dump;
  const struct session *session;
  struct paths *paths; /* with the line of each call, other than the session's */
  uint32_t *used; /* of each of `paths`: first whether the page needs it, then its number there */
  uint32_t count;
  struct terms *strings;
  FILE *to;
};

/* The session must outlive it. */
void page_paths_open(struct page_paths *p, const struct session *s, struct terms *strings,
                     FILE *to);
void page_paths_close(struct page_paths *p);

/* The page needs this one of p->paths. */
void page_path_need(struct page_paths *p, uint32_t path);

/* Numbers those needed: parents keep standing before their children. */
void page_paths_number(struct page_paths *p);

/* The page's path for one that it needs; up to its first frame in the program's own source, 0: none
 * is. */
uint32_t page_path(const struct page_paths *p, uint32_t path);
uint32_t page_path_own(const struct page_paths *p, uint32_t path);

/* Writes the tables "paths" and "frames". */
void page_paths_write(const struct page_paths *p);

/* The number of a text among the page's strings; of NULL that of "". */
uint32_t page_text(const struct page_paths *p, const char *text);

/* Writes a table whose texts are numbers of the page's strings or offsets of the dump's. */
void page_table_write(const struct page_paths *p, const char *id, const struct column *columns,
                      const void *items, size_t item_bytes, size_t count);

#endif
