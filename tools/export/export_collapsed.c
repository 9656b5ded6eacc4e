/* Collapsed stacks, as flamegraph.pl, speedscope and others read them.
 *
 *   main;parse;read_token 1234     outermost frame first, one line a path, sorted as text
 *
 * A frame is a function's name alone, or module+offset where none is known; paths that become equal
 * by this are one line.  A row without a path, and a region, has its words as the innermost frame.
 * A ';' in a name would separate frames, so it becomes ':'.
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

static void lines_print(struct line *lines, size_t count, FILE *to) {
  qsort(lines, count, sizeof *lines, line_compare);
  for (size_t i = 0; i < count; i++) {
    uint64_t value = lines[i].value;
    for (; i + 1 < count && strcmp(lines[i].text, lines[i + 1].text) == 0; i++) {
      free(lines[i].text);
      value += lines[i + 1].value;
    }
    fprintf(to, "%s %" PRIu64 "\n", lines[i].text, value);
    free(lines[i].text);
  }
}

void export_collapsed(const struct export *e, FILE *to) {
  struct line *lines = must_alloc(e->session.rows->count * sizeof *lines);
  size_t count = 0;
  for (uint32_t i = 0; i < e->session.rows->count; i++) {
    uint64_t value = export_value(e->value, &e->session.rows->items[i]);
    if (value > 0)
      lines[count++] = (struct line){row_line(e, &e->session.rows->items[i]), value};
  }
  lines_print(lines, count, to);
  free(lines);
}
