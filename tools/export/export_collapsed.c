/* Collapsed stacks, as flamegraph.pl, speedscope and others read them.
 *
 *   main;parse;read_token 1234     outermost frame first, one line a path, sorted as text
 *
 * A frame is a function's name alone, or module+offset where none is known; paths that become equal
 * by this are one line.  A row without a path, and a region, has its words as the innermost frame.
 * A ';' in a name would separate frames, so it becomes ':'.
 *
 * Of two dumps a line has both values, as difffolded.pl writes them for flamegraph.pl.
 */
#include "export_writers.h"
#include "say.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct line {
  char *text;
  uint64_t value;
};

/* Names have no control characters: so newlines separate the frames until the line is complete. */
static void frames_part(char *text) {
  for (char *p = text; *p != '\0'; p++)
    *p = (char)(*p == ';' ? ':' : *p == '\n' ? ';' : *p);
}

static void frames_print(const struct export *e, const struct row *r, FILE *to) {
  const char *title = row_title(r), *comma = "";
  for (uint32_t path = r->key; path != PATH_ROOT; path = e->session.paths->items[path].parent) {
    fputs(comma, to);
    comma = "\n";
    session_frame_print(&e->session, path, FRAME_NAME, to);
  }
  if (title != NULL)
    fprintf(to, "%s%s", comma, title);
}

static char *row_line(const struct export *e, const struct row *r) {
  struct text text;
  FILE *to = text_start(&text);
  frames_print(e, r, to);
  frames_part(text_end(to, &text));
  return text.at;
}

static int line_compare(const void *a, const void *b) {
  return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

/* The lines of all rows that have any of the value, sorted, equal ones as one; to be freed, and so
 * are their texts. */
static struct line *lines_new(const struct export *e, size_t *count) {
  struct line *lines = must_alloc(e->session.rows->count * sizeof *lines);
  size_t all = 0, kept = 0;
  for (uint32_t i = 0; i < e->session.rows->count; i++) {
    uint64_t value = export_value(e->value, &e->session.rows->items[i]);
    if (value > 0)
      lines[all++] = (struct line){row_line(e, &e->session.rows->items[i]), value};
  }
  qsort(lines, all, sizeof *lines, line_compare);
  for (size_t i = 0; i < all; i++)
    if (kept > 0 && strcmp(lines[kept - 1].text, lines[i].text) == 0) {
      lines[kept - 1].value += lines[i].value;
      free(lines[i].text);
    } else {
      lines[kept++] = lines[i];
    }
  *count = kept;
  return lines;
}

static void lines_free(struct line *lines, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(lines[i].text);
  free(lines);
}

void export_collapsed(const struct export *e, FILE *to) {
  size_t count;
  struct line *lines = lines_new(e, &count);
  for (size_t i = 0; i < count; i++)
    fprintf(to, "%s %" PRIu64 "\n", lines[i].text, lines[i].value);
  lines_free(lines, count);
}

/* Both are sorted: the lesser comes next, equal ones together. */
void export_collapsed_both(const struct export *old, const struct export *new, FILE *to) {
  size_t n, m, i = 0, k = 0;
  struct line *was = lines_new(old, &n), *is = lines_new(new, &m);
  while (i < n || k < m) {
    int order = i == n ? 1 : k == m ? -1 : strcmp(was[i].text, is[k].text);
    const char *text = order <= 0 ? was[i].text : is[k].text;
    uint64_t before = order <= 0 ? was[i++].value : 0, after = order >= 0 ? is[k++].value : 0;
    fprintf(to, "%s %" PRIu64 " %" PRIu64 "\n", text, before, after);
  }
  lines_free(was, n);
  lines_free(is, m);
}
