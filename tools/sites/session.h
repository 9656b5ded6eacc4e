/* The call sites of a dump, ready to be shown: with names, folded paths, and a row for each. */
#ifndef TOOLS_SESSION_H
#define TOOLS_SESSION_H

#include "options.h"
#include "own.h"
#include "rows.h"

#include <stdio.h>

struct session {
  const struct dump *dump;
  struct names *names;
  struct paths *paths;
  struct rows *rows;
  enum row_by by;      /* what a row is */
  uint32_t *own;       /* own_paths */
  uint32_t *functions; /* own_functions, of which `texts` has the names; of ROW_FUNCTION alone */
  struct trie *texts;
};

/* The dump and the options must outlive it. */
void session_open(struct session *s, const struct dump *d, const struct option_names *names,
                  enum row_by by);
void session_close(struct session *s);

/* "(before the options were known)", "module", "function (file.c)", "innermost+0x12 < caller <
 * caller", "(no path)".  Here and in lines, the innermost own function is marked as fit.h has it.
 */
char *session_row_text(const struct session *s, const struct row *r); /* to be freed */

/* The title of a column of such texts. */
const char *session_row_title(const struct session *s);

enum frame_detail {
  FRAME_NAME, /* the same in every run and build: a function, or module+offset */
  FRAME_CALL  /* where the call stands, too, of frames near the allocation */
};

/* What the outermost frame of a path shows. */
void session_frame_print(const struct session *s, uint32_t path, enum frame_detail detail,
                         FILE *to);

/* A row in lines: its words if it has any, then a line a frame, innermost first; to be freed. */
char *session_row_lines(const struct session *s, const struct row *r);

/* A name and then, in lines of their own, the frames of a node's path; to be freed. */
char *session_node_lines(const struct session *s, const char *name, uint32_t node);

#endif
